"""Booking statements, one look-up at a time; Python checks whether the barber is free, then writes."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reference_app.domain.answers import Appointment
from reference_app.domain.errors import NotFoundError
from reference_app.domain.scheduling import BUSY_STATUSES, Hours, Offer, Span
from reference_app.legacy.histories import one
from reference_app.services.ports import NewAppointment
from reference_app.storage.connections import Connection, Row
from reference_app.storage.rows import appointment_from, rules_from, service_from


class StepByStepBookings:
    """Fetches each thing by itself, and all of a barber's appointments to look for an overlap."""

    async def offer(
        self, connection: Connection, barber_id: int, service_id: int, starts_at: datetime
    ) -> Offer:
        """Find what decides whether the barber can start then."""
        barber = await connection.fetchrow("SELECT * FROM barbers WHERE id = $1 AND is_active", barber_id)
        if barber is None:
            raise NotFoundError("barber")
        location = await one(connection, "SELECT * FROM locations WHERE id = $1", barber["location_id"])
        service = await connection.fetchrow("SELECT * FROM services WHERE id = $1", service_id)
        if service is None or service["location_id"] != location["id"]:
            raise NotFoundError("service")
        rules = await one(connection, "SELECT * FROM booking_rules WHERE location_id = $1", location["id"])
        day = starts_at.astimezone(ZoneInfo(location["timezone"])).date()
        weekly = await connection.fetch("SELECT * FROM barber_availability WHERE barber_id = $1", barber_id)
        special = await connection.fetch(
            "SELECT * FROM barber_special_availability WHERE barber_id = $1", barber_id
        )
        time_off = await connection.fetch("SELECT * FROM barber_time_off WHERE barber_id = $1", barber_id)
        blackouts = await connection.fetch(
            "SELECT * FROM blackout_dates WHERE location_id = $1", location["id"]
        )
        hours = [row for row in special if row["day"] == day] or [
            row for row in weekly if row["weekday"] == day.isoweekday()
        ]
        return Offer(
            location_id=location["id"],
            timezone=location["timezone"],
            service=service_from(service),
            rules=rules_from(rules),
            hours=[Hours(row["starts_at"], row["ends_at"]) for row in hours],
            time_off=_spans(time_off, "ends_at"),
            is_blackout=any(row["day"] == day for row in blackouts),
        )

    async def has_client(self, connection: Connection, client_id: int) -> bool:
        """Tell whether the client exists."""
        return await connection.fetchrow("SELECT * FROM clients WHERE id = $1", client_id) is not None

    async def insert(self, connection: Connection, new: NewAppointment) -> Appointment | None:
        """Book and queue a notification; answer nothing when the barber is busy."""
        wanted = new.offer.service.blocked_span(new.starts_at)
        if await _is_busy(connection, new.barber_id, wanted):
            return None
        inserted = await connection.fetch(
            "INSERT INTO appointments (location_id, barber_id, client_id, service_id, starts_at, ends_at,"
            " blocked_until, price_cents, status, source, notes, recurring_series_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'confirmed', 'web', $9, $10) RETURNING id",
            new.offer.location_id,
            new.barber_id,
            new.client_id,
            new.offer.service.id,
            wanted.starts_at,
            wanted.starts_at + new.offer.service.duration,
            wanted.ends_at,
            new.offer.service.price_cents,
            new.notes,
            new.series_id,
        )
        await notify(connection, inserted[0]["id"], "confirmation", "Your appointment: confirmation.")
        row = await one(connection, "SELECT * FROM appointments WHERE id = $1", inserted[0]["id"])
        return appointment_from(row, new.offer.timezone)

    async def lock(self, connection: Connection, appointment_id: int) -> Appointment | None:
        """Find an appointment and keep others from changing it until the transaction ends."""
        row = await connection.fetchrow("SELECT * FROM appointments WHERE id = $1 FOR UPDATE", appointment_id)
        if row is None:
            return None
        location = await one(connection, "SELECT * FROM locations WHERE id = $1", row["location_id"])
        return appointment_from(row, location["timezone"])

    async def move(
        self, connection: Connection, appointment: Appointment, span: Span, ends_at: datetime
    ) -> bool:
        """Move an appointment and queue a notification; answer whether the barber was free."""
        if await _is_busy(connection, appointment.barber_id, span, appointment.id):
            return False
        await connection.execute(
            "UPDATE appointments SET starts_at = $2, ends_at = $3, blocked_until = $4, version = version + 1,"
            " updated_at = now() WHERE id = $1",
            appointment.id,
            span.starts_at,
            ends_at,
            span.ends_at,
        )
        await notify(connection, appointment.id, "rescheduled", "Your appointment: rescheduled.")
        return True

    async def cancel(self, connection: Connection, appointment: Appointment) -> None:
        """Cancel an appointment and queue notifications, also for who waits for the barber on that day."""
        await connection.execute(
            "UPDATE appointments SET status = 'cancelled', version = version + 1, cancelled_at = now(),"
            " updated_at = now() WHERE id = $1",
            appointment.id,
        )
        await notify(connection, appointment.id, "cancelled", "Your appointment: cancelled.")
        day = appointment.starts_at.astimezone(ZoneInfo(appointment.timezone)).date()
        waiting = await connection.fetch(
            "SELECT * FROM waitlist_entries WHERE barber_id = $1 ORDER BY id", appointment.barber_id
        )
        for entry in waiting:
            if entry["day"] == day:
                body = f"A time that you wait for is free: entry {entry['id']}."
                await notify(connection, appointment.id, "waitlist", body)


async def _is_busy(connection: Connection, barber_id: int, wanted: Span, except_id: int = 0) -> bool:
    rows = await connection.fetch("SELECT * FROM appointments WHERE barber_id = $1", barber_id)
    taken = [row for row in rows if row["status"] in BUSY_STATUSES and row["id"] != except_id]
    return any(span.overlaps(wanted) for span in _spans(taken, "blocked_until"))


def _spans(rows: Sequence[Row], end: str) -> list[Span]:
    return [Span(row["starts_at"], row[end]) for row in rows]


async def notify(connection: Connection, appointment_id: int, kind: str, body: str) -> None:
    """Queue a message about an appointment."""
    await connection.execute(
        "INSERT INTO notifications (appointment_id, kind, channel, status, body)"
        " VALUES ($1, $2, 'email', 'queued', $3)",
        appointment_id,
        kind,
        body,
    )
