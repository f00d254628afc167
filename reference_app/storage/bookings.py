"""Booking statements, one for each step; the database decides whether the barber is free as it writes."""

from datetime import datetime

from reference_app.domain.answers import Appointment
from reference_app.domain.errors import NotFoundError
from reference_app.domain.scheduling import BookingRules, Hours, Offer, Span
from reference_app.services.ports import NewAppointment
from reference_app.storage.connections import Connection
from reference_app.storage.offers import HOURS_JOIN, OFFER_COLUMNS, service_of
from reference_app.storage.rows import appointment_from

_DAY = "($3::timestamptz AT TIME ZONE l.timezone)::date"

# Time off matters as far as the longest possible service reaches (schema.sql).
_OFFER = f"""
    SELECT {OFFER_COLUMNS.format(day=_DAY)},
           ARRAY(SELECT tstzrange(starts_at, ends_at) FROM barber_time_off
                  WHERE barber_id = b.id AND ends_at > $3 AND starts_at < $3 + interval '12 hours')
               AS time_off
      FROM barbers b
      JOIN locations l ON l.id = b.location_id
      JOIN booking_rules r ON r.location_id = l.id
      LEFT JOIN services s ON s.location_id = l.id AND s.id = $2
      {HOURS_JOIN.format(day=_DAY)}
     WHERE b.id = $1 AND b.is_active
     ORDER BY h.starts_at
"""  # noqa: S608 - put together from constants

_BUSY = """
    SELECT FROM appointments
     WHERE barber_id = {barber} AND status IN ('pending', 'confirmed', 'completed')
       AND starts_at > {start} - interval '12 hours' AND starts_at < {end} AND blocked_until > {start}
"""

# A busy barber gives no row, and no id is drawn for it.
_INSERT = f"""
    WITH booked AS (
        INSERT INTO appointments (location_id, barber_id, client_id, service_id, starts_at, ends_at,
                                  blocked_until, price_cents, status, source, notes, recurring_series_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'confirmed', 'web', $9, $10
         WHERE NOT EXISTS ({_BUSY.format(barber="$2", start="$5::timestamptz", end="$7::timestamptz")})
        RETURNING *
    ), notified AS (
        INSERT INTO notifications (appointment_id, kind, channel, status, body)
        SELECT id, 'confirmation', 'email', 'queued', 'Your appointment: confirmation.' FROM booked
    )
    SELECT * FROM booked
"""  # noqa: S608 - put together from constants

_LOCK = """
    SELECT a.*, l.timezone
      FROM appointments a
      JOIN locations l ON l.id = a.location_id
     WHERE a.id = $1
       FOR UPDATE OF a
"""

_MOVE = f"""
    WITH moved AS (
        UPDATE appointments
           SET starts_at = $3, ends_at = $4, blocked_until = $5, version = version + 1, updated_at = now()
         WHERE id = $1
           AND NOT EXISTS (
                   {_BUSY.format(barber="$2", start="$3::timestamptz", end="$5::timestamptz")} AND id <> $1)
        RETURNING id
    ), notified AS (
        INSERT INTO notifications (appointment_id, kind, channel, status, body)
        SELECT id, 'rescheduled', 'email', 'queued', 'Your appointment: rescheduled.' FROM moved
    )
    SELECT id FROM moved
"""  # noqa: S608 - put together from constants

_CANCEL = """
    WITH cancelled AS (
        UPDATE appointments
           SET status = 'cancelled', version = version + 1, cancelled_at = now(), updated_at = now()
         WHERE id = $1
        RETURNING id, barber_id, (starts_at AT TIME ZONE $2)::date AS day
    ), told AS (
        SELECT c.id, 'cancelled' AS kind, 'Your appointment: cancelled.' AS body, 0 AS entry
          FROM cancelled c
         UNION ALL
        SELECT c.id, 'waitlist', 'A time that you wait for is free: entry ' || w.id || '.', w.id
          FROM cancelled c
          JOIN waitlist_entries w ON w.barber_id = c.barber_id AND w.day = c.day
    )
    INSERT INTO notifications (appointment_id, kind, channel, status, body)
    SELECT id, kind, 'email', 'queued', body FROM told ORDER BY entry
"""


class SetBasedBookings:
    """Joins what belongs together and writes in one statement what happens at once."""

    async def offer(
        self, connection: Connection, barber_id: int, service_id: int, starts_at: datetime
    ) -> Offer:
        """Find what decides whether the barber can start then."""
        rows = await connection.fetch(_OFFER, barber_id, service_id, starts_at)
        if not rows:
            raise NotFoundError("barber")
        first = rows[0]
        if first["service_id"] is None:
            raise NotFoundError("service")
        return Offer(
            location_id=first["location_id"],
            timezone=first["timezone"],
            service=service_of(first),
            rules=BookingRules(
                step_minutes=first["step_minutes"], max_advance_days=first["max_advance_days"]
            ),
            hours=[Hours(row["opens_at"], row["closes_at"]) for row in rows if row["opens_at"] is not None],
            time_off=[Span(span.lower, span.upper) for span in first["time_off"]],
            is_blackout=first["is_blackout"],
        )

    async def has_client(self, connection: Connection, client_id: int) -> bool:
        """Tell whether the client exists."""
        return await connection.fetchrow("SELECT FROM clients WHERE id = $1", client_id) is not None

    async def insert(self, connection: Connection, new: NewAppointment) -> Appointment | None:
        """Book and queue a notification; answer nothing when the barber is busy."""
        service = new.offer.service
        row = await connection.fetchrow(
            _INSERT,
            new.offer.location_id,
            new.barber_id,
            new.client_id,
            service.id,
            new.starts_at,
            new.starts_at + service.duration,
            new.starts_at + service.blocking,
            service.price_cents,
            new.notes,
            new.series_id,
        )
        return appointment_from(row, new.offer.timezone) if row else None

    async def lock(self, connection: Connection, appointment_id: int) -> Appointment | None:
        """Find an appointment and keep others from changing it until the transaction ends."""
        row = await connection.fetchrow(_LOCK, appointment_id)
        return appointment_from(row, row["timezone"]) if row else None

    async def move(
        self, connection: Connection, appointment: Appointment, span: Span, ends_at: datetime
    ) -> bool:
        """Move an appointment and queue a notification; answer whether the barber was free."""
        row = await connection.fetchrow(
            _MOVE, appointment.id, appointment.barber_id, span.starts_at, ends_at, span.ends_at
        )
        return row is not None

    async def cancel(self, connection: Connection, appointment: Appointment) -> None:
        """Cancel an appointment and queue notifications, also for who waits for the barber on that day."""
        await connection.execute(_CANCEL, appointment.id, appointment.timezone)
