"""One location, by way of all of them."""

from datetime import date

from reference_app.domain.errors import NotFoundError
from reference_app.domain.places import Closure, LocationDetails
from reference_app.legacy.directory import LocationByLocationDirectory
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connections
from reference_app.storage.rows import rules_from


class FromDirectoryPlaces:
    """Builds the whole public directory to pick one location out of it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._directory = LocationByLocationDirectory(connections)

    async def details(self, location_id: int, today: date) -> LocationDetails:
        """Find one location with its rules."""
        directory = await self._directory.directory()
        found = [location for location in directory.locations if location.id == location_id]
        if not found:
            raise NotFoundError("location")
        async with self._connections.use() as connection:
            row = await one(connection, "SELECT * FROM locations WHERE id = $1", location_id)
            rules = await one(connection, "SELECT * FROM booking_rules WHERE location_id = $1", location_id)
            blackouts = await connection.fetch("SELECT * FROM blackout_dates")
        closures = [
            Closure(day=blackout["day"], reason=blackout["reason"])
            for blackout in blackouts
            if blackout["location_id"] == location_id and blackout["day"] >= today
        ]
        return LocationDetails(
            location=found[0],
            address=row["address"],
            phone=row["phone"],
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
            rules=rules_from(rules),
            closures=sorted(closures, key=lambda closure: closure.day),
        )
