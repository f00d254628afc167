"""A location's day, an appointment at a time."""

from datetime import date
from zoneinfo import ZoneInfo

from reference_app.domain.answers import DayEntry, LocationDay
from reference_app.domain.errors import NotFoundError
from reference_app.domain.scheduling import day_span
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.rows import appointment_from


class EntryByEntryLocationDay:
    """Asks for client, barber and service again for each appointment of the day."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def location_day(self, location_id: int, day: date) -> LocationDay:
        """Find a local day's appointments."""
        async with self._connections.use() as connection:
            location = await connection.fetchrow("SELECT * FROM locations WHERE id = $1", location_id)
            if location is None:
                raise NotFoundError("location")
            span = day_span(day, ZoneInfo(location["timezone"]))
            rows = await connection.fetch(
                "SELECT * FROM appointments WHERE location_id = $1 AND starts_at >= $2 AND starts_at < $3",
                location_id,
                span.starts_at,
                span.ends_at,
            )
            rows.sort(key=lambda row: (row["starts_at"], row["barber_id"], row["id"]))
            entries = [await _entry(connection, row, location["timezone"]) for row in rows]
        return LocationDay(location_id=location_id, timezone=location["timezone"], day=day, entries=entries)


async def _entry(connection: Connection, row: Row, timezone: str) -> DayEntry:
    client = await one(connection, "SELECT * FROM clients WHERE id = $1", row["client_id"])
    barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", row["barber_id"])
    service = await one(connection, "SELECT * FROM services WHERE id = $1", row["service_id"])
    return DayEntry(
        appointment=appointment_from(row, timezone),
        client_name=client["full_name"],
        client_phone=client["phone"],
        barber_name=barber["full_name"],
        service_name=service["name"],
    )
