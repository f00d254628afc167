"""Payments, a look-up and a write at a time."""

from reference_app.domain.payments import NewPayment, Payable, Payment
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection
from reference_app.storage.payments import LOCK_APPOINTMENT, payment_from
from reference_app.storage.rows import appointment_from


class StepByStepPayments:
    """Fetches each thing by itself and keeps totals by reading and writing them back."""

    async def payable(self, connection: Connection, appointment_id: int) -> Payable | None:
        """Find an appointment and whether it is paid."""
        row = await connection.fetchrow("SELECT * FROM appointments WHERE id = $1", appointment_id)
        if row is None:
            return None
        location = await one(connection, "SELECT * FROM locations WHERE id = $1", row["location_id"])
        barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", row["barber_id"])
        payments = await connection.fetch("SELECT * FROM payments WHERE appointment_id = $1", appointment_id)
        return Payable(
            appointment=appointment_from(row, location["timezone"]),
            commission_bps=barber["commission_bps"],
            is_paid=bool(payments),
        )

    async def record(self, connection: Connection, new: NewPayment) -> Payment | None:
        """Record a payment and add it to the client's total."""
        appointment, split = new.appointment, new.split
        await connection.execute(LOCK_APPOINTMENT, appointment.id)
        if await connection.fetch("SELECT * FROM payments WHERE appointment_id = $1", appointment.id):
            return None
        inserted = await connection.fetch(
            "INSERT INTO payments (appointment_id, location_id, barber_id, client_id, amount_cents,"
            " platform_fee_cents, barber_cents, commission_cents, paid_at, method, reference)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
            appointment.id,
            appointment.location_id,
            appointment.barber_id,
            appointment.client_id,
            appointment.price_cents,
            split.platform_fee_cents,
            split.barber_cents,
            split.commission_cents,
            appointment.ends_at,
            new.method,
            new.reference,
        )
        await _add_to_total(connection, appointment.client_id, appointment.price_cents)
        return await self.payment(connection, inserted[0]["id"])

    async def payment(self, connection: Connection, payment_id: int) -> Payment | None:
        """Find a payment."""
        row = await connection.fetchrow("SELECT * FROM payments WHERE id = $1", payment_id)
        return payment_from(row) if row else None

    async def refund(self, connection: Connection, payment: Payment, amount_cents: int) -> bool:
        """Take a refund off payment and client."""
        row = await one(connection, "SELECT * FROM payments WHERE id = $1 FOR UPDATE", payment.id)
        if row["refunded_cents"] != payment.refunded_cents:
            return False
        await connection.execute(
            "UPDATE payments SET refunded_cents = $2 WHERE id = $1",
            payment.id,
            payment.refunded_cents + amount_cents,
        )
        await _add_to_total(connection, payment.client_id, -amount_cents)
        return True


async def _add_to_total(connection: Connection, client_id: int, amount_cents: int) -> None:
    client = await one(connection, "SELECT * FROM clients WHERE id = $1 FOR UPDATE", client_id)
    await connection.execute(
        "UPDATE clients SET total_spent_cents = $2 WHERE id = $1",
        client_id,
        client["total_spent_cents"] + amount_cents,
    )
