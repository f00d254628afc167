"""The queue of notifications, one statement for each step."""

from collections.abc import Mapping

from reference_app.domain.care import Message, Outcome
from reference_app.storage.connections import Connection, Row

_QUEUED = """
    SELECT n.id, n.appointment_id, n.kind, n.channel, n.body, c.email, c.phone
      FROM notifications n
      JOIN appointments a ON a.id = n.appointment_id
      JOIN clients c ON c.id = a.client_id
     WHERE n.status = 'queued' AND ($1::bigint IS NULL OR a.location_id = $1)
     ORDER BY n.id
     LIMIT $2
"""

# Who else takes messages at the moment passes these by: each message is taken once.
_CLAIM = """
    WITH taken AS (
        SELECT n.id, a.client_id
          FROM notifications n
          JOIN appointments a ON a.id = n.appointment_id
         WHERE n.status = 'queued' AND ($1::bigint IS NULL OR a.location_id = $1)
         ORDER BY n.id
         LIMIT $2
           FOR UPDATE OF n SKIP LOCKED
    ), claimed AS (
        UPDATE notifications SET status = 'sending' FROM taken WHERE notifications.id = taken.id
        RETURNING notifications.*, taken.client_id
    )
    SELECT m.id, m.appointment_id, m.kind, m.channel, m.body, c.email, c.phone
      FROM claimed m
      JOIN clients c ON c.id = m.client_id
     ORDER BY m.id
"""
_SETTLE = """
    UPDATE notifications
       SET status = CASE WHEN id = ANY ($1) THEN 'sent' WHEN id = ANY ($2) THEN 'failed' ELSE 'queued' END
     WHERE id = ANY ($1 || $2::bigint[] || $3::bigint[])
"""


class SetBasedNotifications:
    """Takes and settles many messages at once."""

    async def queued(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Find the oldest messages that wait."""
        return [message_from(row, row) for row in await connection.fetch(_QUEUED, location_id, limit)]

    async def claim(self, connection: Connection, location_id: int | None, limit: int) -> list[Message]:
        """Take the oldest messages out of the queue."""
        return [message_from(row, row) for row in await connection.fetch(_CLAIM, location_id, limit)]

    async def settle(self, connection: Connection, became: Mapping[Outcome, list[int]]) -> None:
        """Note what became of claimed messages."""
        await connection.execute(_SETTLE, became["sent"], became["failed"], became["queued"])


def message_from(row: Row, client: Row) -> Message:
    """Read a notification as a message to a client."""
    return Message(
        id=row["id"],
        appointment_id=row["appointment_id"],
        kind=row["kind"],
        channel=row["channel"],
        body=row["body"],
        recipient=client["phone"] if row["channel"] == "sms" else client["email"],
    )
