"""Booking, rescheduling and cancelling: one transaction each, tried again when rivals deadlock."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from msgspec import structs

from reference_app.caching import scopes
from reference_app.domain.answers import Appointment
from reference_app.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from reference_app.domain.people import User, require_location
from reference_app.domain.scheduling import OPEN_STATUSES
from reference_app.services.ports import BookingLock, BookingStatements, NewAppointment
from reference_app.services.transactions import Transactions, slot_taken
from reference_app.storage.connections import Connection
from reference_app.storage.idempotency import answered_once


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """What a caller asks to book; clients book for themselves and name no client."""

    barber_id: int
    service_id: int
    starts_at: datetime
    client_id: int | None
    notes: str

    @property
    def hash(self) -> str:
        """Identify the request's content, whatever its spelling."""
        parts = (self.barber_id, self.service_id, self.starts_at.timestamp(), self.client_id, self.notes)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class BookingService:
    """Holds the rules of booking; how statements and locks are made is exchangeable."""

    def __init__(self, transactions: Transactions, statements: BookingStatements, today: date) -> None:
        self._transactions = transactions
        self._statements = statements
        self._today = today

    async def book(
        self, user: User, request: BookingRequest, key: str | None, render: Callable[[Appointment], str]
    ) -> str:
        """Book an appointment and answer its rendering; a repeated key answers what the first request got.

        Raises:
            RequestError: the request is not allowed, names something unknown, or the time is not free.
        """

        async def work(connection: Connection, lock: BookingLock) -> str:
            async def respond() -> str:
                return render(await self._book(connection, lock, user, request))

            return await answered_once(connection, user.id, key, request.hash, respond)

        return await self._transactions.run(work)

    async def reschedule(self, user: User, appointment_id: int, starts_at: datetime) -> Appointment:
        """Move an appointment to another start of the same barber.

        Raises:
            RequestError: the appointment is unknown, someone else's or over, or the time is not free.
        """

        async def work(connection: Connection, lock: BookingLock) -> Appointment:
            appointment = await self._own_appointment(connection, user, appointment_id)
            self._require_changeable(appointment)
            offer = await self._statements.offer(
                connection, appointment.barber_id, appointment.service_id, starts_at
            )
            offer.require_offered(starts_at, self._today)
            await lock.acquire(connection, appointment.barber_id)
            span = offer.service.blocked_span(starts_at)
            ends_at = starts_at + offer.service.duration
            if not await self._statements.move(connection, appointment, span, ends_at):
                raise slot_taken()
            connection.note_change(scopes.of_appointment(appointment))
            return structs.replace(
                appointment, starts_at=starts_at, ends_at=ends_at, version=appointment.version + 1
            )

        return await self._transactions.run(work)

    async def cancel(self, user: User, appointment_id: int) -> Appointment:
        """Cancel an appointment; cancelling it again changes nothing.

        Raises:
            RequestError: the appointment is unknown, someone else's or over.
        """

        async def work(connection: Connection, _: BookingLock) -> Appointment:
            appointment = await self._own_appointment(connection, user, appointment_id)
            if appointment.status == "cancelled":
                return appointment
            self._require_changeable(appointment)
            await self._statements.cancel(connection, appointment)
            connection.note_change(scopes.of_appointment(appointment))
            return structs.replace(appointment, status="cancelled", version=appointment.version + 1)

        return await self._transactions.run(work)

    async def _book(
        self, connection: Connection, lock: BookingLock, user: User, request: BookingRequest
    ) -> Appointment:
        client_id = booked_for(user, request.client_id)
        offer = await self._statements.offer(
            connection, request.barber_id, request.service_id, request.starts_at
        )
        if user.role != "client":
            require_location(user, offer.location_id)
            if not await self._statements.has_client(connection, client_id):
                raise NotFoundError("client")
        offer.require_offered(request.starts_at, self._today)
        await lock.acquire(connection, request.barber_id)
        new = NewAppointment(
            client_id=client_id,
            barber_id=request.barber_id,
            offer=offer,
            starts_at=request.starts_at,
            notes=request.notes,
        )
        appointment = await self._statements.insert(connection, new)
        if appointment is None:
            raise slot_taken()
        connection.note_change(scopes.of_appointment(appointment))
        return appointment

    async def _own_appointment(self, connection: Connection, user: User, appointment_id: int) -> Appointment:
        appointment = await self._statements.lock(connection, appointment_id)
        if appointment is None:
            raise NotFoundError("appointment")
        if user.role != "client":
            require_location(user, appointment.location_id)
        elif user.client_id != appointment.client_id:
            raise ForbiddenError("other_client", "A client may only change their own appointments.")
        return appointment

    def _require_changeable(self, appointment: Appointment) -> None:
        if appointment.status not in OPEN_STATUSES or appointment.starts_at.date() < self._today:
            raise ConflictError(
                "not_changeable", f"An appointment that is {appointment.status} stays as it is."
            )


def booked_for(user: User, client_id: int | None) -> int:
    """Find the client whom a request is for: clients ask for themselves, staff say for whom.

    Raises:
        RequestError: a client asks for another one, or staff for nobody.
    """
    if user.client_id is not None:
        if client_id not in {None, user.client_id}:
            raise ForbiddenError("other_client", "A client may only book for themselves.")
        return user.client_id
    if client_id is None:
        raise InvalidError("client_id_required", "Staff must say for which client they book.")
    return client_id
