"""The public directory, location by location."""

from reference_app.domain.answers import Directory, Location
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.rows import barber_from, service_from


class LocationByLocationDirectory:
    """Asks for barbers and services again for each location."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def directory(self) -> Directory:
        """Find every location with its barbers and services."""
        async with self._connections.use() as connection:
            rows = await connection.fetch("SELECT * FROM locations ORDER BY id")
            locations = [await _location(connection, row) for row in rows]
            clients = await connection.fetch("SELECT id FROM clients")
        return Directory(client_count=len(clients), locations=locations)


async def _location(connection: Connection, row: Row) -> Location:
    barbers = await connection.fetch(
        "SELECT * FROM barbers WHERE location_id = $1 AND is_active ORDER BY id", row["id"]
    )
    services = await connection.fetch("SELECT * FROM services WHERE location_id = $1 ORDER BY id", row["id"])
    return Location(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        timezone=row["timezone"],
        barbers=[barber_from(barber) for barber in barbers],
        services=[service_from(service) for service in services],
    )
