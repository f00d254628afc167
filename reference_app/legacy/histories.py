"""A client's history, a look-up at a time."""

from reference_app.domain.answers import History, Visit
from reference_app.domain.errors import NotFoundError
from reference_app.services.ports import OwnedHistory
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.rows import appointment_from


class VisitByVisitHistory:
    """Loads all of a client's appointments and payments, then three names for each visit that it shows."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def history(self, client_id: int, limit: int) -> OwnedHistory:
        """Find a client's newest visits."""
        async with self._connections.use() as connection:
            client = await connection.fetchrow("SELECT * FROM clients WHERE id = $1", client_id)
            if client is None:
                raise NotFoundError("client")
            rows = await connection.fetch("SELECT * FROM appointments WHERE client_id = $1", client_id)
            rows.sort(key=lambda row: (row["starts_at"], row["id"]), reverse=True)
            visits = [await _visit(connection, row) for row in rows[:limit]]
            payments = await connection.fetch("SELECT * FROM payments WHERE client_id = $1", client_id)
        spent = sum(payment["amount_cents"] - payment["refunded_cents"] for payment in payments)
        history = History(
            client_id=client_id,
            client_name=client["full_name"],
            appointment_count=len(rows),
            total_spent_cents=spent,
            visits=visits,
        )
        return OwnedHistory(history=history, home_location_id=client["home_location_id"])


async def _visit(connection: Connection, row: Row) -> Visit:
    location = await one(connection, "SELECT * FROM locations WHERE id = $1", row["location_id"])
    barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", row["barber_id"])
    service = await one(connection, "SELECT * FROM services WHERE id = $1", row["service_id"])
    return Visit(
        appointment=appointment_from(row, location["timezone"]),
        location_name=location["name"],
        barber_name=barber["full_name"],
        service_name=service["name"],
    )


async def one(connection: Connection, sql: str, key: int) -> Row:
    """Fetch the row that a foreign key promises."""
    rows = await connection.fetch(sql, key)
    return rows[0]
