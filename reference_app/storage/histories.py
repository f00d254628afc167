"""A client's history in one statement."""

from reference_app.domain.answers import History, Visit
from reference_app.domain.errors import NotFoundError
from reference_app.services.ports import OwnedHistory
from reference_app.storage.connections import Connections, Row
from reference_app.storage.rows import appointment_from

# The client's row comes back even without visits: its columns are repeated on every row.
_HISTORY = """
    SELECT c.full_name AS client_name, c.home_location_id,
           (SELECT count(*) FROM appointments WHERE client_id = c.id) AS appointment_count,
           (SELECT coalesce(sum(amount_cents - refunded_cents), 0)::bigint
              FROM payments WHERE client_id = c.id) AS total_spent_cents,
           v.*, l.timezone, l.name AS location_name, b.full_name AS barber_name, s.name AS service_name
      FROM clients c
      LEFT JOIN LATERAL (
               SELECT id, location_id, barber_id, client_id, service_id, starts_at, ends_at, price_cents,
                      status, version
                 FROM appointments
                WHERE client_id = c.id
                ORDER BY starts_at DESC, id DESC
                LIMIT $2) v ON true
      LEFT JOIN locations l ON l.id = v.location_id
      LEFT JOIN barbers b ON b.id = v.barber_id
      LEFT JOIN services s ON s.id = v.service_id
     WHERE c.id = $1
     ORDER BY v.starts_at DESC, v.id DESC
"""


class SetBasedHistory:
    """Lets the database count, sum and join."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def history(self, client_id: int, limit: int) -> OwnedHistory:
        """Find a client's newest visits."""
        async with self._connections.use() as connection:
            rows = await connection.fetch(_HISTORY, client_id, limit)
        if not rows:
            raise NotFoundError("client")
        client = rows[0]
        history = History(
            client_id=client_id,
            client_name=client["client_name"],
            appointment_count=client["appointment_count"],
            total_spent_cents=client["total_spent_cents"],
            visits=[_visit(row) for row in rows if row["id"] is not None],
        )
        return OwnedHistory(history=history, home_location_id=client["home_location_id"])


def _visit(row: Row) -> Visit:
    return Visit(
        appointment=appointment_from(row, row["timezone"]),
        location_name=row["location_name"],
        barber_name=row["barber_name"],
        service_name=row["service_name"],
    )
