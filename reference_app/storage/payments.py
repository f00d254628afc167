"""Payments, one statement for each step."""

from reference_app.domain.payments import NewPayment, Payable, Payment, Split
from reference_app.storage.connections import Connection, Row
from reference_app.storage.rows import appointment_from

_PAYABLE = """
    SELECT a.*, l.timezone, b.commission_bps,
           EXISTS (SELECT FROM payments WHERE appointment_id = a.id) AS is_paid
      FROM appointments a
      JOIN locations l ON l.id = a.location_id
      JOIN barbers b ON b.id = a.barber_id
     WHERE a.id = $1
"""
LOCK_APPOINTMENT = "SELECT id FROM appointments WHERE id = $1 FOR UPDATE"
"""Who pays for an appointment does so one after the other. A statement of its own: the next one sees what
the transaction that we waited for has written."""

_RECORD = """
    WITH paid AS (
        INSERT INTO payments (appointment_id, location_id, barber_id, client_id, amount_cents,
                              platform_fee_cents, barber_cents, commission_cents, paid_at, method, reference)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
         WHERE NOT EXISTS (SELECT FROM payments WHERE appointment_id = $1)
        RETURNING *
    ), counted AS (
        UPDATE clients SET total_spent_cents = total_spent_cents + (SELECT amount_cents FROM paid)
         WHERE id = (SELECT client_id FROM paid)
    )
    SELECT * FROM paid
"""

_REFUND = """
    WITH refunded AS (
        UPDATE payments SET refunded_cents = refunded_cents + $3
         WHERE id = $1 AND refunded_cents = $2
        RETURNING client_id
    ), counted AS (
        UPDATE clients SET total_spent_cents = total_spent_cents - $3
         WHERE id = (SELECT client_id FROM refunded)
    )
    SELECT client_id FROM refunded
"""


class SetBasedPayments:
    """Writes in one statement what happens at once."""

    async def payable(self, connection: Connection, appointment_id: int) -> Payable | None:
        """Find an appointment and whether it is paid."""
        row = await connection.fetchrow(_PAYABLE, appointment_id)
        if row is None:
            return None
        return Payable(
            appointment=appointment_from(row, row["timezone"]),
            commission_bps=row["commission_bps"],
            is_paid=row["is_paid"],
        )

    async def record(self, connection: Connection, new: NewPayment) -> Payment | None:
        """Record a payment and add it to the client's total."""
        appointment, split = new.appointment, new.split
        await connection.execute(LOCK_APPOINTMENT, appointment.id)
        row = await connection.fetchrow(
            _RECORD,
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
        return payment_from(row) if row else None

    async def payment(self, connection: Connection, payment_id: int) -> Payment | None:
        """Find a payment."""
        row = await connection.fetchrow("SELECT * FROM payments WHERE id = $1", payment_id)
        return payment_from(row) if row else None

    async def refund(self, connection: Connection, payment: Payment, amount_cents: int) -> bool:
        """Take a refund off payment and client."""
        row = await connection.fetchrow(_REFUND, payment.id, payment.refunded_cents, amount_cents)
        return row is not None


def payment_from(row: Row) -> Payment:
    """Read a payment."""
    return Payment(
        id=row["id"],
        appointment_id=row["appointment_id"],
        location_id=row["location_id"],
        barber_id=row["barber_id"],
        client_id=row["client_id"],
        amount_cents=row["amount_cents"],
        split=Split(
            platform_fee_cents=row["platform_fee_cents"],
            commission_cents=row["commission_cents"],
            barber_cents=row["barber_cents"],
        ),
        refunded_cents=row["refunded_cents"],
        paid_at=row["paid_at"],
        method=row["method"],
        reference=row["reference"],
    )
