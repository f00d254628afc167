"""A location's day in one statement."""

from datetime import date

from reference_app.domain.answers import DayEntry, LocationDay
from reference_app.domain.errors import NotFoundError
from reference_app.storage.connections import Connections, Row
from reference_app.storage.rows import appointment_from

# The location's row comes back even on an empty day.
_LOCATION_DAY = """
    SELECT l.timezone, a.id, a.location_id, a.barber_id, a.client_id, a.service_id, a.starts_at, a.ends_at,
           a.price_cents, a.status, a.version,
           c.full_name AS client_name, c.phone AS client_phone, b.full_name AS barber_name,
           s.name AS service_name
      FROM locations l
      LEFT JOIN appointments a
             ON a.location_id = l.id
            AND a.starts_at >= ($2::date::timestamp AT TIME ZONE l.timezone)
            AND a.starts_at < (($2::date + 1)::timestamp AT TIME ZONE l.timezone)
      LEFT JOIN clients c ON c.id = a.client_id
      LEFT JOIN barbers b ON b.id = a.barber_id
      LEFT JOIN services s ON s.id = a.service_id
     WHERE l.id = $1
     ORDER BY a.starts_at, a.barber_id, a.id
"""


class SetBasedLocationDay:
    """Lets the database join."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def location_day(self, location_id: int, day: date) -> LocationDay:
        """Find a local day's appointments."""
        async with self._connections.use() as connection:
            rows = await connection.fetch(_LOCATION_DAY, location_id, day)
        if not rows:
            raise NotFoundError("location")
        timezone = rows[0]["timezone"]
        entries = [_entry(row, timezone) for row in rows if row["id"] is not None]
        return LocationDay(location_id=location_id, timezone=timezone, day=day, entries=entries)


def _entry(row: Row, timezone: str) -> DayEntry:
    return DayEntry(
        appointment=appointment_from(row, timezone),
        client_name=row["client_name"],
        client_phone=row["client_phone"],
        barber_name=row["barber_name"],
        service_name=row["service_name"],
    )
