"""The waiting list, an entry at a time."""

from datetime import date

from reference_app.domain.care import WaitlistEntry
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection, Row
from reference_app.storage.waitlist import LOCK_CLIENT


class EntryByEntryWaitlist:
    """Loads everybody's entries of the day and asks for three names for each."""

    async def join(
        self, connection: Connection, client_id: int, barber_id: int, service_id: int, day: date
    ) -> int | None:
        """Store an entry and answer its id; nothing when the client waits already."""
        await connection.execute(LOCK_CLIENT, client_id)
        own = await connection.fetch("SELECT * FROM waitlist_entries WHERE client_id = $1", client_id)
        if any(row["barber_id"] == barber_id and row["day"] == day for row in own):
            return None
        rows = await connection.fetch(
            "INSERT INTO waitlist_entries (client_id, barber_id, service_id, day, created_at)"
            " VALUES ($1, $2, $3, $4, now()) RETURNING id",
            client_id,
            barber_id,
            service_id,
            day,
        )
        entry_id: int = rows[0]["id"]
        return entry_id

    async def entries(self, connection: Connection, location_id: int, day: date) -> list[WaitlistEntry]:
        """Find who waits for a location's barbers on a day."""
        rows = await connection.fetch("SELECT * FROM waitlist_entries WHERE day = $1 ORDER BY id", day)
        entries = []
        for row in rows:
            barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", row["barber_id"])
            if barber["location_id"] == location_id:
                entries.append(await _entry(connection, row, barber))
        return entries


async def _entry(connection: Connection, row: Row, barber: Row) -> WaitlistEntry:
    client = await one(connection, "SELECT * FROM clients WHERE id = $1", row["client_id"])
    service = await one(connection, "SELECT * FROM services WHERE id = $1", row["service_id"])
    return WaitlistEntry(
        id=row["id"],
        client_id=row["client_id"],
        client_name=client["full_name"],
        barber_id=row["barber_id"],
        barber_name=barber["full_name"],
        service_id=row["service_id"],
        service_name=service["name"],
        day=row["day"],
    )
