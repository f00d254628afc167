"""What the services need from the database; each has a BEFORE in `legacy` and an AFTER in `storage`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from reference_app.domain.answers import Appointment, DaySlots, Directory, History, LocationDay, Revenue
from reference_app.domain.care import BarberReviews, Message, Outcome, WaitlistEntry
from reference_app.domain.clients import Client, LifetimeValue
from reference_app.domain.insights import (
    BarberOutcomes,
    BarberShare,
    BarberUse,
    Retention,
    SoldService,
)
from reference_app.domain.payments import NewPayment, Payable, Payment
from reference_app.domain.places import LocationDetails, NextSlot
from reference_app.domain.scheduling import Offer, Span
from reference_app.storage.connections import Connection


class DirectoryQuery(Protocol):
    """Answers what the public may know of the business."""

    async def directory(self) -> Directory:
        """Find every location with its barbers and services."""


class AvailabilityQuery(Protocol):
    """Answers when barbers are free. A day outside the booking window has no free starts."""

    async def barber_slots(self, barber_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find one barber's free starts; raise `NotFoundError` for an unknown barber or service."""

    async def location_slots(self, location_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find all barbers' free starts; raise `NotFoundError` for an unknown location or service."""


class NextSlotQuery(Protocol):
    """Answers when somebody is free next, within a week."""

    async def of_barber(self, barber_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find one barber's next free start; raise `NotFoundError` for an unknown barber or service."""

    async def of_location(self, location_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find any barber's next free start; raise `NotFoundError` for an unknown location or service."""


class PlaceQuery(Protocol):
    """Answers what the public may know of one location."""

    async def details(self, location_id: int, today: date) -> LocationDetails:
        """Find a location, its rules and its closures from today on; raise `NotFoundError`."""


class ClientQuery(Protocol):
    """Answers who the clients are, of one location or of all."""

    async def by_name(self, prefix: str, location_id: int | None, limit: int) -> list[Client]:
        """Find clients whose folded name begins with the folded prefix, by that name and id."""

    async def by_email(self, email: str, location_id: int | None) -> list[Client]:
        """Find the clients with this address, by id."""

    async def lifetime_value(self, client_id: int) -> LifetimeValue:
        """Add up a client's visits and payments; raise `NotFoundError` for an unknown client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedHistory:
    """A client's history and the location that serves the client."""

    history: History
    home_location_id: int


class HistoryQuery(Protocol):
    """Answers what a client booked and paid."""

    async def history(self, client_id: int, limit: int) -> OwnedHistory:
        """Find a client's newest visits; raise `NotFoundError` for an unknown client."""


class LocationDayQuery(Protocol):
    """Answers what happens at a location on a day."""

    async def location_day(self, location_id: int, day: date) -> LocationDay:
        """Find a local day's appointments; raise `NotFoundError` for an unknown location."""


class RevenueQuery(Protocol):
    """Answers what was earned."""

    async def revenue(self, since: date, until: date, location_id: int | None) -> Revenue:
        """Sum up payments of the locations' local days, both ends included.

        Raises:
            NotFoundError: the location is unknown.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppointment:
    """An appointment that is about to be booked."""

    client_id: int
    barber_id: int
    offer: Offer
    starts_at: datetime
    notes: str
    series_id: int | None = None


class BookingStatements(Protocol):
    """The statements inside a booking transaction; the caller owns the transaction and the rules."""

    async def offer(
        self, connection: Connection, barber_id: int, service_id: int, starts_at: datetime
    ) -> Offer:
        """Find what decides whether the barber can start then; raise `NotFoundError` for an unknown id."""

    async def has_client(self, connection: Connection, client_id: int) -> bool:
        """Tell whether the client exists."""

    async def insert(self, connection: Connection, new: NewAppointment) -> Appointment | None:
        """Book and queue a notification; answer nothing when the barber is busy."""

    async def lock(self, connection: Connection, appointment_id: int) -> Appointment | None:
        """Find an appointment and keep others from changing it until the transaction ends."""

    async def move(
        self, connection: Connection, appointment: Appointment, span: Span, ends_at: datetime
    ) -> bool:
        """Move an appointment and queue a notification; answer whether the barber was free."""

    async def cancel(self, connection: Connection, appointment: Appointment) -> None:
        """Cancel an appointment and queue notifications, also for who waits for the barber on that day."""


class BookingLock(Protocol):
    """How bookers of one barber are kept from getting into each other's way."""

    async def acquire(self, connection: Connection, barber_id: int) -> None:
        """Wait for the barber's turn; held until the transaction ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeries:
    """A series of appointments that is about to be booked."""

    client_id: int
    barber_id: int
    service_id: int
    interval_days: int
    starts_on: date
    ends_on: date


class VisitStatements(Protocol):
    """The statements about how visits end and about series of them; the caller owns the transaction."""

    async def finish(self, connection: Connection, appointment: Appointment, status: str) -> None:
        """Note that the client came or did not, count the visit, and queue a notification."""

    async def create_series(self, connection: Connection, series: NewSeries) -> int:
        """Store a series and answer its id."""


class PaymentStatements(Protocol):
    """The statements about payments; the caller owns the transaction."""

    async def payable(self, connection: Connection, appointment_id: int) -> Payable | None:
        """Find an appointment and whether it is paid; nothing for an unknown one."""

    async def record(self, connection: Connection, new: NewPayment) -> Payment | None:
        """Record a payment and add it to the client's total; nothing when another one was faster."""

    async def payment(self, connection: Connection, payment_id: int) -> Payment | None:
        """Find a payment."""

    async def refund(self, connection: Connection, payment: Payment, amount_cents: int) -> bool:
        """Take a refund off payment and client; answer whether the payment was still as it was found."""


class ReviewStatements(Protocol):
    """The statements about reviews."""

    async def add(
        self, connection: Connection, appointment: Appointment, rating: int, comment: str, today: date
    ) -> int | None:
        """Store a review and answer its id; nothing when the visit has one. The appointment is locked."""

    async def of_barber(self, connection: Connection, barber_id: int, limit: int) -> BarberReviews:
        """Sum up a barber's ratings and find the newest reviews; raise `NotFoundError`."""


class WaitlistStatements(Protocol):
    """The statements about the waiting list."""

    async def join(
        self, connection: Connection, client_id: int, barber_id: int, service_id: int, day: date
    ) -> int | None:
        """Store an entry and answer its id; nothing when the client waits already."""

    async def entries(self, connection: Connection, location_id: int, day: date) -> list[WaitlistEntry]:
        """Find who waits for a location's barbers on a day, by id."""


class NotificationStatements(Protocol):
    """The statements about the queue of notifications."""

    async def queued(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Find the oldest messages that wait, of one location or of all, by id."""

    async def claim(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Take the oldest messages out of the queue, so that nobody else sends them; by id."""

    async def settle(self, connection: Connection, became: Mapping[Outcome, list[int]]) -> None:
        """Note what became of claimed messages: their ids by outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Local days, both ends included, of one location or of all."""

    since: date
    until: date
    location_id: int | None


class AnalyticsQuery(Protocol):
    """Answers how the business goes; each raises `NotFoundError` for an unknown location."""

    async def retention(self, period: Period) -> Retention:
        """Count who came back."""

    async def utilisation(self, period: Period) -> list[BarberUse]:
        """Compare offered with booked minutes, by barber id."""

    async def top_services(self, period: Period, limit: int) -> list[SoldService]:
        """Find the services with the most revenue from completed visits; then by id."""

    async def outcomes(self, period: Period) -> list[BarberOutcomes]:
        """Count how appointments ended, by barber id."""

    async def shares(self, period: Period) -> list[BarberShare]:
        """Sum up who got what of the payments, by barber id."""
