"""One location in four statements of a few rows each."""

from datetime import date

from reference_app.domain.answers import Location
from reference_app.domain.errors import NotFoundError
from reference_app.domain.places import Closure, LocationDetails
from reference_app.storage.connections import Connections
from reference_app.storage.rows import barber_from, rules_from, service_from

_LOCATION = """
    SELECT l.id, l.code, l.name, l.timezone, l.address, l.phone, l.opens_at, l.closes_at,
           r.step_minutes, r.max_advance_days
      FROM locations l
      JOIN booking_rules r ON r.location_id = l.id
     WHERE l.id = $1
"""
_BARBERS = "SELECT id, full_name FROM barbers WHERE location_id = $1 AND is_active ORDER BY id"
_SERVICES = """
    SELECT id, name, duration_minutes, buffer_minutes, price_cents
      FROM services WHERE location_id = $1 ORDER BY id
"""
_CLOSURES = "SELECT day, reason FROM blackout_dates WHERE location_id = $1 AND day >= $2 ORDER BY day"


class SetBasedPlaces:
    """Reads what belongs to the location and nothing else."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def details(self, location_id: int, today: date) -> LocationDetails:
        """Find one location with its rules."""
        async with self._connections.use() as connection:
            row = await connection.fetchrow(_LOCATION, location_id)
            if row is None:
                raise NotFoundError("location")
            barbers = await connection.fetch(_BARBERS, location_id)
            services = await connection.fetch(_SERVICES, location_id)
            closures = await connection.fetch(_CLOSURES, location_id, today)
        return LocationDetails(
            location=Location(
                id=row["id"],
                code=row["code"],
                name=row["name"],
                timezone=row["timezone"],
                barbers=[barber_from(barber) for barber in barbers],
                services=[service_from(service) for service in services],
            ),
            address=row["address"],
            phone=row["phone"],
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
            rules=rules_from(row),
            closures=[Closure(day=closed["day"], reason=closed["reason"]) for closed in closures],
        )
