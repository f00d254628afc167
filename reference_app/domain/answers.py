"""What the backend answers, as values: every variant makes the same, `web.bodies` writes them as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reference_app.domain.scheduling import ServiceTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Barber:
    """A barber as the public sees them."""

    id: int
    full_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A shop with its barbers and services, each ordered by id."""

    id: int
    code: str
    name: str
    timezone: str
    barbers: Sequence[Barber]
    services: Sequence[ServiceTerms]


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All shops, ordered by id, and how many clients the business has."""

    locations: Sequence[Location]
    client_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarberSlots:
    """The free starts of one barber on a day, in order."""

    barber: Barber
    starts: Sequence[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySlots:
    """The free starts on a day, by barber in order of id."""

    location_id: int
    timezone: str
    day: date
    service: ServiceTerms
    barbers: Sequence[BarberSlots]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An appointment with the names that a client knows."""

    appointment: Appointment
    location_name: str
    barber_name: str
    service_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A client's visits, newest first, and what they paid in all."""

    client_id: int
    client_name: str
    appointment_count: int
    total_spent_cents: int
    visits: Sequence[Visit]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEntry:
    """An appointment with the names that the front desk needs."""

    appointment: Appointment
    client_name: str
    client_phone: str
    barber_name: str
    service_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationDay:
    """Every appointment of a location on a local day, by start, barber and id."""

    location_id: int
    timezone: str
    day: date
    entries: Sequence[DayEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRevenue:
    """What was earned on one local day, refunds taken off."""

    day: date
    revenue_cents: int
    payment_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarberRevenue:
    """What one barber earned, refunds taken off."""

    barber: Barber
    revenue_cents: int
    payment_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """Revenue by day (in order) and by barber (most first, then by id); days without payments are absent."""

    days: Sequence[DayRevenue]
    barbers: Sequence[BarberRevenue]
