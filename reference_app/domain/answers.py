"""What the backend answers, as values: every variant makes the same, `web.bodies` writes them as JSON.

They are msgspec's structs because one is made for each row: a frozen dataclass takes several times as long.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from reference_app.domain.scheduling import ServiceTerms


class Barber(msgspec.Struct, frozen=True, kw_only=True):
    """A barber as the public sees them."""

    id: int
    full_name: str


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A shop with its barbers and services, each ordered by id."""

    id: int
    code: str
    name: str
    timezone: str
    barbers: Sequence[Barber]
    services: Sequence[ServiceTerms]


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """All shops, ordered by id, and how many clients the business has."""

    locations: Sequence[Location]
    client_count: int


class BarberSlots(msgspec.Struct, frozen=True, kw_only=True):
    """The free starts of one barber on a day, in order."""

    barber: Barber
    starts: Sequence[datetime]


class DaySlots(msgspec.Struct, frozen=True, kw_only=True):
    """The free starts on a day, by barber in order of id."""

    location_id: int
    timezone: str
    day: date
    service: ServiceTerms
    barbers: Sequence[BarberSlots]


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """A booked time; `timezone` is its location's."""

    id: int
    location_id: int
    timezone: str
    barber_id: int
    client_id: int
    service_id: int
    starts_at: datetime
    ends_at: datetime
    price_cents: int
    status: str
    version: int


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment with the names that a client knows."""

    appointment: Appointment
    location_name: str
    barber_name: str
    service_name: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A client's visits, newest first, and what they paid in all."""

    client_id: int
    client_name: str
    appointment_count: int
    total_spent_cents: int
    visits: Sequence[Visit]


class DayEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment with the names that the front desk needs."""

    appointment: Appointment
    client_name: str
    client_phone: str
    barber_name: str
    service_name: str


class LocationDay(msgspec.Struct, frozen=True, kw_only=True):
    """Every appointment of a location on a local day, by start, barber and id."""

    location_id: int
    timezone: str
    day: date
    entries: Sequence[DayEntry]


class DayRevenue(msgspec.Struct, frozen=True, kw_only=True):
    """What was earned on one local day, refunds taken off."""

    day: date
    revenue_cents: int
    payment_count: int


class BarberRevenue(msgspec.Struct, frozen=True, kw_only=True):
    """What one barber earned, refunds taken off."""

    barber: Barber
    revenue_cents: int
    payment_count: int


class Revenue(msgspec.Struct, frozen=True, kw_only=True):
    """Revenue by day (in order) and by barber (most first, then by id); days without payments are absent."""

    days: Sequence[DayRevenue]
    barbers: Sequence[BarberRevenue]
