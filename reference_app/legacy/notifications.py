"""The queue of notifications, a message at a time."""

from collections.abc import Mapping

from reference_app.domain.care import Message, Outcome
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection
from reference_app.storage.notifications import message_from


class MessageByMessageNotifications:
    """Loads the whole queue and asks for the appointment and the client of each message."""

    async def queued(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Find the oldest messages that wait."""
        rows = await connection.fetch("SELECT * FROM notifications WHERE status = 'queued'")
        found: list[Message] = []
        for row in sorted(rows, key=lambda row: int(row["id"])):
            if len(found) == limit:
                break
            appointment = await one(
                connection, "SELECT * FROM appointments WHERE id = $1", row["appointment_id"]
            )
            if location_id in {None, appointment["location_id"]}:
                client = await one(
                    connection, "SELECT * FROM clients WHERE id = $1", appointment["client_id"]
                )
                found.append(message_from(row, client))
        return found

    async def claim(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Take the oldest messages out of the queue."""
        claimed = []
        for message in await self.queued(connection, location_id, limit):
            taken = await connection.fetch(
                "UPDATE notifications SET status = 'sending' WHERE id = $1 AND status = 'queued'"
                " RETURNING id",
                message.id,
            )
            if taken:
                claimed.append(message)
        return claimed

    async def settle(self, connection: Connection, became: Mapping[Outcome, list[int]]) -> None:
        """Note what became of claimed messages."""
        for status, ids in became.items():
            for notification_id in ids:
                await connection.execute(
                    "UPDATE notifications SET status = $2 WHERE id = $1", notification_id, status
                )
