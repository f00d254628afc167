"""Clients, by reading all of them."""

from reference_app.domain.clients import Client, LifetimeValue
from reference_app.domain.errors import NotFoundError
from reference_app.domain.people import folded
from reference_app.storage.connections import Connections, Row
from reference_app.storage.rows import client_from


class ReadEverybodyClients:
    """Loads the whole table and compares each client in Python, as the first version of a search does."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def by_name(self, prefix: str, location_id: int | None, limit: int) -> list[Client]:
        """Find clients whose folded name begins with the folded prefix."""
        async with self._connections.use() as connection:
            rows = await connection.fetch("SELECT * FROM clients")
        named = [(folded(row["full_name"]), row) for row in rows if _is_at(row, location_id)]
        found = [(name, row) for name, row in named if name.startswith(prefix)]
        found.sort(key=lambda entry: (entry[0], entry[1]["id"]))
        return [client_from(row) for _, row in found[:limit]]

    async def by_email(self, email: str, location_id: int | None) -> list[Client]:
        """Find the clients with this address."""
        async with self._connections.use() as connection:
            rows = await connection.fetch("SELECT * FROM clients")
        found = [row for row in rows if row["email"] == email and _is_at(row, location_id)]
        return [client_from(row) for row in sorted(found, key=lambda row: row["id"])]

    async def lifetime_value(self, client_id: int) -> LifetimeValue:
        """Add up all of a client's visits and payments."""
        async with self._connections.use() as connection:
            client = await connection.fetchrow("SELECT * FROM clients WHERE id = $1", client_id)
            if client is None:
                raise NotFoundError("client")
            rows = await connection.fetch("SELECT * FROM appointments WHERE client_id = $1", client_id)
            payments = await connection.fetch("SELECT * FROM payments WHERE client_id = $1", client_id)
        visits = [row["starts_at"] for row in rows if row["status"] == "completed"]
        return LifetimeValue(
            client_id=client_id,
            client_name=client["full_name"],
            home_location_id=client["home_location_id"],
            visit_count=len(visits),
            first_visit_at=min(visits, default=None),
            last_visit_at=max(visits, default=None),
            paid_cents=sum(payment["amount_cents"] for payment in payments),
            refunded_cents=sum(payment["refunded_cents"] for payment in payments),
        )


def _is_at(row: Row, location_id: int | None) -> bool:
    return location_id is None or row["home_location_id"] == location_id
