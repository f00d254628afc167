"""How visits end, and series of them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import structs

from reference_app.caching import scopes
from reference_app.domain.answers import Appointment
from reference_app.domain.care import BookedSeries, Skipped
from reference_app.domain.errors import ConflictError, ForbiddenError, NotFoundError, RequestError
from reference_app.domain.people import User, require_location
from reference_app.domain.scheduling import OPEN_STATUSES, instant
from reference_app.services.booking import BookingRequest, booked_for
from reference_app.services.ports import (
    BookingLock,
    BookingStatements,
    NewAppointment,
    NewSeries,
    VisitStatements,
)
from reference_app.services.transactions import Transactions
from reference_app.storage.connections import Connection
from reference_app.storage.idempotency import answered_once

Outcome = Literal["completed", "no_show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRequest:
    """The first appointment of a series, and how the others follow."""

    first: BookingRequest
    interval_weeks: int
    count: int

    @property
    def hash(self) -> str:
        """Identify the request's content, whatever its spelling."""
        parts = (self.first.hash, self.interval_weeks, self.count)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class VisitService:
    """Holds the rules of what the staff does when a client came, did not come, or comes regularly."""

    def __init__(
        self,
        transactions: Transactions,
        bookings: BookingStatements,
        visits: VisitStatements,
        today: date,
    ) -> None:
        self._transactions = transactions
        self._bookings = bookings
        self._visits = visits
        self._today = today

    async def finish(self, user: User, appointment_id: int, outcome: Outcome) -> Appointment:
        """Note how an appointment of today or before ended; noting the same again changes nothing.

        Raises:
            RequestError: the appointment is unknown, another location's, still ahead or over.
        """

        async def work(connection: Connection, _: BookingLock) -> Appointment:
            appointment = await self._bookings.lock(connection, appointment_id)
            if appointment is None:
                raise NotFoundError("appointment")
            require_location(user, appointment.location_id)
            if appointment.status == outcome:
                return appointment
            self._require_finishable(appointment)
            await self._visits.finish(connection, appointment, outcome)
            connection.note_change(scopes.of_appointment(appointment))
            return structs.replace(appointment, status=outcome, version=appointment.version + 1)

        if user.role == "client":
            raise ForbiddenError("staff_only", "Only the staff may do this.")
        return await self._transactions.run(work)

    async def book_series(
        self, user: User, request: SeriesRequest, key: str | None, render: Callable[[BookedSeries], str]
    ) -> str:
        """Book what is free of a series, at the same time of day each time, and answer its rendering.

        Raises:
            RequestError: the request is not allowed, names something unknown, or nothing of it is free.
        """

        async def work(connection: Connection, lock: BookingLock) -> str:
            async def respond() -> str:
                return render(await self._book_series(connection, lock, user, request))

            return await answered_once(connection, user.id, key, request.hash, respond)

        return await self._transactions.run(work)

    def _require_finishable(self, appointment: Appointment) -> None:
        if appointment.status not in OPEN_STATUSES:
            raise ConflictError(
                "not_changeable", f"An appointment that is {appointment.status} stays as it is."
            )
        if appointment.starts_at.astimezone(ZoneInfo(appointment.timezone)).date() > self._today:
            raise ConflictError("still_ahead", "An appointment of a coming day has not happened yet.")

    async def _book_series(
        self, connection: Connection, lock: BookingLock, user: User, request: SeriesRequest
    ) -> BookedSeries:
        first = request.first
        client_id = booked_for(user, first.client_id)
        offer = await self._bookings.offer(connection, first.barber_id, first.service_id, first.starts_at)
        if user.role != "client":
            require_location(user, offer.location_id)
            if not await self._bookings.has_client(connection, client_id):
                raise NotFoundError("client")
        starts = _starts(request, ZoneInfo(offer.timezone))
        await lock.acquire(connection, first.barber_id)
        series_id = await self._visits.create_series(
            connection,
            NewSeries(
                client_id=client_id,
                barber_id=first.barber_id,
                service_id=first.service_id,
                interval_days=7 * request.interval_weeks,
                starts_on=starts[0].date(),
                ends_on=starts[-1].date(),
            ),
        )
        booked: list[Appointment] = []
        skipped: list[Skipped] = []
        for start in starts:
            try:
                booked.append(await self._book_one(connection, client_id, series_id, first, start))
            except RequestError as error:
                skipped.append(Skipped(starts_at=start.isoformat(), code=error.code))
        if not booked:
            raise ConflictError("series_unavailable", "No date of this series is free.")
        return BookedSeries(id=series_id, appointments=booked, skipped=skipped)

    async def _book_one(
        self, connection: Connection, client_id: int, series_id: int, first: BookingRequest, start: datetime
    ) -> Appointment:
        offer = await self._bookings.offer(connection, first.barber_id, first.service_id, start)
        offer.require_offered(start, self._today)
        new = NewAppointment(
            client_id=client_id,
            barber_id=first.barber_id,
            offer=offer,
            starts_at=start,
            notes=first.notes,
            series_id=series_id,
        )
        appointment = await self._bookings.insert(connection, new)
        if appointment is None:
            raise ConflictError("slot_taken", "This time has just been taken.")
        connection.note_change(scopes.of_appointment(appointment))
        return appointment


def _starts(request: SeriesRequest, zone: ZoneInfo) -> list[datetime]:
    """Answer the starts in the location's time: the same time of day, across daylight saving."""
    first = request.first.starts_at.astimezone(zone)
    return [
        instant(
            first.date() + timedelta(weeks=request.interval_weeks * number), first.time(), zone
        ).astimezone(zone)
        for number in range(request.count)
    ]
