"""Reviews, the waiting list and messages to clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from reference_app.caching import scopes
from reference_app.domain.care import OUTCOMES, BarberReviews, Message, Outcome, WaitlistEntry
from reference_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotAskedError,
    NotFoundError,
    RequestError,
)
from reference_app.domain.people import User, require_location
from reference_app.externals.gateway import Gateway
from reference_app.services.booking import booked_for
from reference_app.services.ports import (
    BookingLock,
    BookingStatements,
    NotificationStatements,
    ReviewStatements,
    WaitlistStatements,
)
from reference_app.services.transactions import Transactions
from reference_app.storage.connections import Connection


class ReviewService:
    """Holds the rules of reviews: a client, once, about a visit of their own that took place."""

    def __init__(
        self,
        transactions: Transactions,
        bookings: BookingStatements,
        reviews: ReviewStatements,
        today: date,
    ) -> None:
        self._transactions = transactions
        self._bookings = bookings
        self._reviews = reviews
        self._today = today

    async def add(self, user: User, appointment_id: int, rating: int, comment: str) -> int:
        """Store a review and answer its id.

        Raises:
            RequestError: the visit is unknown, someone else's, not completed, or has a review.
        """

        async def work(connection: Connection, _: BookingLock) -> int:
            appointment = await self._bookings.lock(connection, appointment_id)
            if appointment is None:
                raise NotFoundError("appointment")
            if user.client_id is None or user.client_id != appointment.client_id:
                raise ForbiddenError("other_client", "Only the client may review a visit.")
            if appointment.status != "completed":
                raise ConflictError("not_completed", "Only a completed appointment can be reviewed.")
            review_id = await self._reviews.add(connection, appointment, rating, comment, self._today)
            if review_id is None:
                raise ConflictError("already_reviewed", "This visit has a review.")
            connection.note_change((scopes.reviews(appointment.barber_id),))
            return review_id

        return await self._transactions.run(work)

    async def of_barber(self, barber_id: int, limit: int) -> BarberReviews:
        """Find a barber's reviews, the newest first.

        Raises:
            NotFoundError: the barber is unknown.
        """
        return await self._transactions.read(
            lambda connection: self._reviews.of_barber(connection, barber_id, limit)
        )


class WaitlistService:
    """Holds the rules of the waiting list: one entry for a client, a barber and a day that can be booked."""

    def __init__(
        self,
        transactions: Transactions,
        bookings: BookingStatements,
        waitlist: WaitlistStatements,
        today: date,
    ) -> None:
        self._transactions = transactions
        self._bookings = bookings
        self._waitlist = waitlist
        self._today = today

    async def join(
        self, user: User, barber_id: int, service_id: int, day: date, client_id: int | None
    ) -> tuple[int, int]:
        """Put a client on the list and answer the entry's id and the client's.

        Raises:
            RequestError: something is unknown or not allowed, or the client waits already.
        """

        async def work(connection: Connection, _: BookingLock) -> tuple[int, int]:
            waiting_id = booked_for(user, client_id)
            offer = await self._bookings.offer(
                connection, barber_id, service_id, datetime.combine(day, time(12), UTC)
            )
            if user.role != "client":
                require_location(user, offer.location_id)
                if not await self._bookings.has_client(connection, waiting_id):
                    raise NotFoundError("client")
            if not offer.rules.allow_day(day, self._today):
                raise InvalidError("outside_booking_window", "This day cannot be booked.")
            entry_id = await self._waitlist.join(connection, waiting_id, barber_id, service_id, day)
            if entry_id is None:
                raise ConflictError("already_waiting", "The client waits for this barber and day already.")
            return entry_id, waiting_id

        return await self._transactions.run(work)

    async def entries(self, user: User, location_id: int, day: date) -> list[WaitlistEntry]:
        """Find who waits at a location on a day.

        Raises:
            ForbiddenError: the caller does not work there.
        """
        require_location(user, location_id)
        return await self._transactions.read(
            lambda connection: self._waitlist.entries(connection, location_id, day)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a message."""

    message: Message
    outcome: Outcome


class NotificationService:
    """Holds the rules of the queue: a message is taken by one sender, and sent, failed or queued again."""

    def __init__(
        self, transactions: Transactions, notifications: NotificationStatements, gateway: Gateway
    ) -> None:
        self._transactions = transactions
        self._notifications = notifications
        self._gateway = gateway

    async def queued(self, user: User, limit: int) -> list[Message]:
        """Find the oldest messages that wait at the caller's location, or anywhere for the owner.

        Raises:
            ForbiddenError: the caller is a client.
        """
        location_id = _served_location(user)
        return await self._transactions.read(
            lambda connection: self._notifications.queued(connection, location_id, limit)
        )

    async def dispatch(self, user: User, limit: int) -> Sequence[Delivery]:
        """Send the oldest messages; no transaction is open while another company delivers them.

        Raises:
            ForbiddenError: the caller is a client.
        """
        location_id = _served_location(user)

        async def claim(connection: Connection, _: BookingLock) -> list[Message]:
            return await self._notifications.claim(connection, location_id, limit)

        deliveries = [await self._deliver(message) for message in await self._transactions.run(claim)]
        became = {
            outcome: [delivery.message.id for delivery in deliveries if delivery.outcome == outcome]
            for outcome in OUTCOMES
        }

        async def settle(connection: Connection, _: BookingLock) -> None:
            await self._notifications.settle(connection, became)

        if deliveries:
            await self._transactions.run(settle)
        return deliveries

    async def _deliver(self, message: Message) -> Delivery:
        try:
            await self._gateway.send(message)
        except NotAskedError:
            return Delivery(message=message, outcome="queued")
        except RequestError:
            return Delivery(message=message, outcome="failed")
        return Delivery(message=message, outcome="sent")


def _served_location(user: User) -> int | None:
    """Name the location whose messages the caller may handle; None for all."""
    if user.role == "client":
        raise ForbiddenError("staff_only", "Only the staff may do this.")
    return user.location_id if user.role == "staff" else None
