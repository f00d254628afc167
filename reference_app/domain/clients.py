"""What the staff may know of a client."""

from datetime import datetime

import msgspec


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client as a search finds them."""

    id: int
    home_location_id: int
    full_name: str
    email: str
    phone: str
    customer_type: str


class LifetimeValue(msgspec.Struct, frozen=True, kw_only=True):
    """What a client has brought in so far; visits are completed appointments."""

    client_id: int
    client_name: str
    home_location_id: int
    visit_count: int
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    paid_cents: int
    refunded_cents: int

    @property
    def value_cents(self) -> int:
        """What was paid, refunds taken off."""
        return self.paid_cents - self.refunded_cents

    @property
    def average_visit_cents(self) -> int | None:
        """The value of a visit, rounded down; None without one."""
        return self.value_cents // self.visit_count if self.visit_count else None
