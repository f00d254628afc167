"""The public directory in four statements, however many locations there are."""

from collections import defaultdict
from collections.abc import Iterable

from reference_app.domain.answers import Directory, Location
from reference_app.storage.connections import Connections, Row
from reference_app.storage.rows import barber_from, service_from

_LOCATIONS = "SELECT id, code, name, timezone FROM locations ORDER BY id"
_BARBERS = "SELECT id, location_id, full_name FROM barbers WHERE is_active ORDER BY id"
_SERVICES = """
    SELECT id, location_id, name, duration_minutes, buffer_minutes, price_cents FROM services ORDER BY id
"""
_CLIENT_COUNT = "SELECT count(*) AS client_count FROM clients"


class SetBasedDirectory:
    """Reads each table once and puts the rows together."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def directory(self) -> Directory:
        """Find every location with its barbers and services."""
        async with self._connections.use() as connection:
            locations = await connection.fetch(_LOCATIONS)
            barbers = by_location(await connection.fetch(_BARBERS))
            services = by_location(await connection.fetch(_SERVICES))
            counts = await connection.fetch(_CLIENT_COUNT)
        return Directory(
            client_count=counts[0]["client_count"],
            locations=[
                Location(
                    id=row["id"],
                    code=row["code"],
                    name=row["name"],
                    timezone=row["timezone"],
                    barbers=[barber_from(barber) for barber in barbers[row["id"]]],
                    services=[service_from(service) for service in services[row["id"]]],
                )
                for row in locations
            ],
        )


def by_location(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Group rows by their location, keeping their order."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["location_id"]].append(row)
    return groups
