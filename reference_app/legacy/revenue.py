"""Revenue, summed up in Python."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reference_app.domain.answers import Barber, BarberRevenue, DayRevenue, Revenue
from reference_app.domain.errors import NotFoundError
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection, Connections, Row


class RowByRowRevenue:
    """Loads every payment around the days asked for and sums them up one by one."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def revenue(self, since: date, until: date, location_id: int | None) -> Revenue:
        """Sum up payments of the locations' local days."""
        async with self._connections.use() as connection:
            locations = await connection.fetch("SELECT * FROM locations")
            zones = {row["id"]: ZoneInfo(row["timezone"]) for row in locations}
            if location_id is not None and location_id not in zones:
                raise NotFoundError("location")
            payments = await connection.fetch(
                "SELECT * FROM payments WHERE paid_at >= $1 AND paid_at < $2",
                datetime.combine(since - timedelta(days=1), time.min, UTC),
                datetime.combine(until + timedelta(days=2), time.min, UTC),
            )
            wanted = [row for row in payments if location_id is None or row["location_id"] == location_id]
            dated = [(row["paid_at"].astimezone(zones[row["location_id"]]).date(), row) for row in wanted]
            counted = [(day, row) for day, row in dated if since <= day <= until]
            barbers = [await _barber(connection, b, rows) for b, rows in _by_barber(counted).items()]
        return Revenue(
            days=_by_day(counted),
            barbers=sorted(barbers, key=lambda entry: (-entry.revenue_cents, entry.barber.id)),
        )


def _by_barber(counted: Iterable[tuple[date, Row]]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for _, row in counted:
        groups[row["barber_id"]].append(row)
    return groups


async def _barber(connection: Connection, barber_id: int, payments: list[Row]) -> BarberRevenue:
    row = await one(connection, "SELECT * FROM barbers WHERE id = $1", barber_id)
    barber = Barber(id=barber_id, full_name=row["full_name"])
    return BarberRevenue(barber=barber, revenue_cents=_total(payments), payment_count=len(payments))


def _by_day(counted: Iterable[tuple[date, Row]]) -> list[DayRevenue]:
    groups: dict[date, list[Row]] = defaultdict(list)
    for day, row in counted:
        groups[day].append(row)
    return [
        DayRevenue(day=day, revenue_cents=_total(rows), payment_count=len(rows))
        for day, rows in sorted(groups.items())
    ]


def _total(payments: Iterable[Row]) -> int:
    return sum(row["amount_cents"] - row["refunded_cents"] for row in payments)
