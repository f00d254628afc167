"""Clients, found by what an index holds."""

from reference_app.domain.clients import Client, LifetimeValue
from reference_app.domain.errors import NotFoundError
from reference_app.storage.connections import Connections
from reference_app.storage.location_choice import narrowed
from reference_app.storage.rows import client_from

_COLUMNS = "id, home_location_id, full_name, email, phone, customer_type"
_PAST_EVERY_NAME = "\U0010ffff"

# Byte by byte, as the index is sorted and as Python compares; LIKE with a parameter could not use it.
_BY_NAME = f"""
    SELECT {_COLUMNS} FROM clients
     WHERE search_name ~>=~ $1 AND search_name ~<~ $2 AND ($3::bigint IS NULL OR home_location_id = $3)
     ORDER BY search_name COLLATE "C", id
     LIMIT $4
"""  # noqa: S608 - a constant list of columns

_BY_EMAIL = f"""
    SELECT {_COLUMNS} FROM clients
     WHERE email = $1 AND ($2::bigint IS NULL OR home_location_id = $2)
     ORDER BY id
"""  # noqa: S608 - a constant list of columns

_LIFETIME_VALUE = """
    SELECT c.full_name, c.home_location_id, v.*, p.*
      FROM clients c
     CROSS JOIN LATERAL (
               SELECT count(*) AS visit_count, min(starts_at) AS first_visit_at,
                      max(starts_at) AS last_visit_at
                 FROM appointments WHERE client_id = c.id AND status = 'completed') v
     CROSS JOIN LATERAL (
               SELECT coalesce(sum(amount_cents), 0)::bigint AS paid_cents,
                      coalesce(sum(refunded_cents), 0)::bigint AS refunded_cents
                 FROM payments WHERE client_id = c.id) p
     WHERE c.id = $1
"""


class SetBasedClients:
    """Lets the database search, count and sum."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def by_name(self, prefix: str, location_id: int | None, limit: int) -> list[Client]:
        """Find clients whose folded name begins with the folded prefix."""
        async with self._connections.use() as connection:
            rows = await connection.fetch(
                narrowed(_BY_NAME, is_one=location_id is not None),
                prefix,
                prefix + _PAST_EVERY_NAME,
                location_id,
                limit,
            )
        return [client_from(row) for row in rows]

    async def by_email(self, email: str, location_id: int | None) -> list[Client]:
        """Find the clients with this address."""
        async with self._connections.use() as connection:
            rows = await connection.fetch(_BY_EMAIL, email, location_id)
        return [client_from(row) for row in rows]

    async def lifetime_value(self, client_id: int) -> LifetimeValue:
        """Add up all of a client's visits and payments."""
        async with self._connections.use() as connection:
            row = await connection.fetchrow(_LIFETIME_VALUE, client_id)
        if row is None:
            raise NotFoundError("client")
        return LifetimeValue(
            client_id=client_id,
            client_name=row["full_name"],
            home_location_id=row["home_location_id"],
            visit_count=row["visit_count"],
            first_visit_at=row["first_visit_at"],
            last_visit_at=row["last_visit_at"],
            paid_cents=row["paid_cents"],
            refunded_cents=row["refunded_cents"],
        )
