"""Payments: charged by another company, split by us.

No transaction is open while the other company works. What it did is recorded afterwards; its key keeps a
charge that we could not record from being made twice.
"""

from reference_app.caching import scopes
from reference_app.domain.answers import Appointment
from reference_app.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from reference_app.domain.payments import NewPayment, Payable, Payment, split_amount
from reference_app.domain.people import User, require_location
from reference_app.externals.gateway import Gateway
from reference_app.services.ports import BookingLock, PaymentStatements
from reference_app.services.transactions import Transactions
from reference_app.storage.connections import Connection


class PaymentService:
    """Holds the rules of paying and giving back."""

    def __init__(self, transactions: Transactions, statements: PaymentStatements, gateway: Gateway) -> None:
        self._transactions = transactions
        self._statements = statements
        self._gateway = gateway

    async def charge(self, user: User, appointment_id: int, method: str) -> Payment:
        """Take the price of a completed appointment.

        Raises:
            RequestError: the appointment is unknown, someone else's, not completed or paid; or the payment
                is declined or cannot be made.
        """
        payable = await self.payable(user, appointment_id)
        appointment = payable.appointment
        if user.role == "client" and method == "cash":
            raise ForbiddenError("staff_only", "Only the staff can take cash.")
        if appointment.status != "completed":
            raise ConflictError("not_completed", "Only a completed appointment can be paid.")
        if payable.is_paid:
            raise _already_paid()
        reference = f"cash_{appointment.id}"
        if method != "cash":
            reference = await self._gateway.charge(appointment.id, appointment.price_cents)
        new = NewPayment(
            appointment=appointment,
            split=split_amount(appointment.price_cents, payable.commission_bps),
            method=method,
            reference=reference,
        )

        async def work(connection: Connection, _: BookingLock) -> Payment | None:
            connection.note_change(scopes.of_payment(appointment.client_id))
            return await self._statements.record(connection, new)

        payment = await self._transactions.run(work)
        if payment is None:
            raise _already_paid()
        return payment

    async def refund(self, user: User, payment_id: int, amount_cents: int | None) -> Payment:
        """Give back an amount, or all that is left.

        Raises:
            RequestError: the payment is unknown or another location's, less is left, another refund of it is
                under way, or the refund cannot be made.
        """
        payment = await self._found(user, payment_id)
        if user.role == "client":
            raise ForbiddenError("staff_only", "Only the staff may give money back.")
        left = payment.amount_cents - payment.refunded_cents
        amount = left if amount_cents is None else amount_cents
        if left == 0:
            raise ConflictError("already_refunded", "All of this payment has been given back.")
        if amount > left:
            raise InvalidError("refund_too_large", f"Of this payment {left} cents are left.")
        if payment.method != "cash":
            await self._gateway.refund(payment, amount)

        async def work(connection: Connection, _: BookingLock) -> Payment:
            if not await self._statements.refund(connection, payment, amount):
                raise ConflictError("in_progress", "Another refund was faster; look again.")
            connection.note_change(scopes.of_payment(payment.client_id))
            return await self._known(connection, payment_id)

        return await self._transactions.run(work)

    async def payment(self, user: User, payment_id: int) -> Payment:
        """Show a payment to its client, the staff of its location or the owner.

        Raises:
            RequestError: it is unknown or not the caller's.
        """
        return await self._found(user, payment_id)

    async def add_to_calendar(self, user: User, appointment_id: int) -> str:
        """Put an appointment into its client's calendar and answer the event's reference.

        Raises:
            RequestError: the appointment is unknown or someone else's, or the calendar does not answer.
        """
        appointment = (await self.payable(user, appointment_id)).appointment
        return await self._gateway.add_event(appointment.id, appointment.starts_at, appointment.ends_at)

    async def payable(self, user: User, appointment_id: int) -> Payable:
        """Find an appointment for its client, the staff of its location or the owner.

        Raises:
            RequestError: it is unknown or not the caller's.
        """
        payable = await self._transactions.read(
            lambda connection: self._statements.payable(connection, appointment_id)
        )
        if payable is None:
            raise NotFoundError("appointment")
        require_own(user, payable.appointment)
        return payable

    async def _found(self, user: User, payment_id: int) -> Payment:
        payment = await self._transactions.read(lambda connection: self._known(connection, payment_id))
        _require_party(user, payment.client_id, payment.location_id)
        return payment

    async def _known(self, connection: Connection, payment_id: int) -> Payment:
        payment = await self._statements.payment(connection, payment_id)
        if payment is None:
            raise NotFoundError("payment")
        return payment


def require_own(user: User, appointment: Appointment) -> None:
    """Raise `ForbiddenError` unless the caller is the client, works at the location or owns the business."""
    _require_party(user, appointment.client_id, appointment.location_id)


def _require_party(user: User, client_id: int, location_id: int) -> None:
    if user.role != "client":
        require_location(user, location_id)
    elif user.client_id != client_id:
        raise ForbiddenError("other_client", "A client may only see their own data.")


def _already_paid() -> ConflictError:
    return ConflictError("already_paid", "This appointment has been paid.")
