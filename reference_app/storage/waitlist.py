"""The waiting list, one statement for each step."""

from datetime import date

from reference_app.domain.care import WaitlistEntry
from reference_app.storage.connections import Connection

LOCK_CLIENT = "SELECT id FROM clients WHERE id = $1 FOR UPDATE"
"""One client joins one list at a time; a statement of its own, so that the next sees what others wrote."""

_JOIN = """
    INSERT INTO waitlist_entries (client_id, barber_id, service_id, day, created_at)
    SELECT $1, $2, $3, $4, now()
     WHERE NOT EXISTS (SELECT FROM waitlist_entries WHERE barber_id = $2 AND day = $4 AND client_id = $1)
    RETURNING id
"""

_ENTRIES = """
    SELECT w.id, w.client_id, c.full_name AS client_name, w.barber_id, b.full_name AS barber_name,
           w.service_id, s.name AS service_name, w.day
      FROM barbers b
      JOIN waitlist_entries w ON w.barber_id = b.id AND w.day = $2
      JOIN clients c ON c.id = w.client_id
      JOIN services s ON s.id = w.service_id
     WHERE b.location_id = $1
     ORDER BY w.id
"""


class SetBasedWaitlist:
    """Lets the database join."""

    async def join(
        self, connection: Connection, client_id: int, barber_id: int, service_id: int, day: date
    ) -> int | None:
        """Store an entry and answer its id; nothing when the client waits already."""
        await connection.execute(LOCK_CLIENT, client_id)
        row = await connection.fetchrow(_JOIN, client_id, barber_id, service_id, day)
        return row["id"] if row else None

    async def entries(self, connection: Connection, location_id: int, day: date) -> list[WaitlistEntry]:
        """Find who waits for a location's barbers on a day."""
        rows = await connection.fetch(_ENTRIES, location_id, day)
        return [WaitlistEntry(**dict(row)) for row in rows]
