"""Slot arithmetic: when a barber works, when a service may start, and what is still free.

Opening hours are wall-clock times of the location; everything else is an instant. A slot blocks its barber
for the service and the service's buffer; the service itself must end within the opening hours.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reference_app.domain.errors import ConflictError, InvalidError

BUSY_STATUSES = ("pending", "confirmed", "completed")
"""Statuses that keep a barber busy; a cancelled or missed appointment frees its time."""
OPEN_STATUSES = ("pending", "confirmed")
"""Statuses that can still be rescheduled or cancelled."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Wall-clock opening hours of one day, `starts_at` < `ends_at`."""

    starts_at: time
    ends_at: time


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time between two instants."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share an instant; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTerms:
    """What is sold: how long it takes, how long the barber needs afterwards, and its price."""

    id: int
    name: str
    duration_minutes: int
    buffer_minutes: int
    price_cents: int

    @property
    def duration(self) -> timedelta:
        """The time that the client spends."""
        return timedelta(minutes=self.duration_minutes)

    @property
    def blocking(self) -> timedelta:
        """The time that the barber spends: the service and its buffer."""
        return timedelta(minutes=self.duration_minutes + self.buffer_minutes)

    def blocked_span(self, starts_at: datetime) -> Span:
        """The barber's time that this service takes when it starts then."""
        return Span(starts_at, starts_at + self.blocking)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRules:
    """How far apart slots start, and how many days ahead a client may book."""

    step_minutes: int
    max_advance_days: int

    def allow_day(self, day: date, today: date) -> bool:
        """Tell whether the day lies in the booking window, today and the last day included."""
        return today <= day <= today + timedelta(days=self.max_advance_days)


def instant(day: date, wall_clock: time, zone: ZoneInfo) -> datetime:
    """Convert the location's wall clock to an instant in UTC."""
    return datetime.combine(day, wall_clock, zone).astimezone(UTC)


def day_span(day: date, zone: ZoneInfo) -> Span:
    """The location's calendar day as instants: 23, 24 or 25 hours long."""
    return Span(instant(day, time.min, zone), instant(day + timedelta(days=1), time.min, zone))


def offered_starts(opening: Span, service: ServiceTerms, rules: BookingRules) -> Iterator[datetime]:
    """Yield each start on the location's grid whose service ends within the opening hours."""
    step = timedelta(minutes=rules.step_minutes)
    start = opening.starts_at
    while start + service.duration <= opening.ends_at:
        yield start
        start += step


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Everything that decides whether a barber can start a service on a day, except other appointments."""

    location_id: int
    timezone: str
    service: ServiceTerms
    rules: BookingRules
    hours: Sequence[Hours]
    time_off: Sequence[Span]
    is_blackout: bool

    def require_offered(self, starts_at: datetime, today: date) -> None:
        """Raise unless the barber offers this very start.

        Raises:
            InvalidError: the day lies outside the booking window.
            ConflictError: the barber does not work then, or the start is off the grid.
        """
        zone = ZoneInfo(self.timezone)
        day = starts_at.astimezone(zone).date()
        if not self.rules.allow_day(day, today):
            raise InvalidError("outside_booking_window", "This day cannot be booked.")
        if self.is_blackout or starts_at not in self._starts(day, zone):
            raise ConflictError("slot_unavailable", "The barber does not offer this start.")
        if any(span.overlaps(self.service.blocked_span(starts_at)) for span in self.time_off):
            raise ConflictError("slot_unavailable", "The barber does not offer this start.")

    def _starts(self, day: date, zone: ZoneInfo) -> Iterable[datetime]:
        for hours in self.hours:
            opening = Span(instant(day, hours.starts_at, zone), instant(day, hours.ends_at, zone))
            yield from offered_starts(opening, self.service, self.rules)
