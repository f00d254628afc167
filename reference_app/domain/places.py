"""What the public may know of one location, and its next free time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from reference_app.domain.answers import Barber, Location
from reference_app.domain.scheduling import BookingRules

NEXT_SLOT_DAYS = 7
"""How many days a search for the next free time looks at, the first included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A day on which a location is closed."""

    day: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationDetails:
    """One location with its rules; closures from today on, in order."""

    location: Location
    address: str
    phone: str
    opens_at: time
    closes_at: time
    rules: BookingRules
    closures: Sequence[Closure]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSlot:
    """The earliest free start within a week; of two barbers free at once, the one with the lower id."""

    location_id: int
    timezone: str
    service_id: int
    barber: Barber | None
    starts_at: datetime | None
