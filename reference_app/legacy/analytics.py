"""How the business goes, row by row in Python."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reference_app.domain.insights import BarberOutcomes, BarberShare, BarberUse, Retention, SoldService
from reference_app.domain.scheduling import BUSY_STATUSES, Span, instant
from reference_app.legacy.histories import one
from reference_app.services.ports import Period
from reference_app.storage.analytics import previous_start, require_known
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.rows import barber_from

_DAY = timedelta(days=1)


class RowByRowAnalytics:
    """Loads every row around the days asked for, and names one at a time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def retention(self, period: Period) -> Retention:
        """Count who came back."""
        start = previous_start(period)
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            rows = await _dated(connection, "appointments", start, period)
        visits = [(day, row["client_id"]) for day, row in rows if row["status"] == "completed"]
        earlier = {client_id for day, client_id in visits if day < period.since}
        later = {client_id for day, client_id in visits if day >= period.since}
        return Retention(
            previous_client_count=len(earlier),
            returning_client_count=len(earlier & later),
            new_client_count=len(later - earlier),
        )

    async def utilisation(self, period: Period) -> list[BarberUse]:
        """Compare offered with booked minutes."""
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            rows = await _dated(connection, "appointments", period.since, period)
            booked: Counter[int] = Counter()
            for _, row in rows:
                if row["status"] in BUSY_STATUSES:
                    booked[row["barber_id"]] += _minutes(Span(row["starts_at"], row["ends_at"]))
            barbers = await connection.fetch("SELECT * FROM barbers WHERE is_active ORDER BY id")
            return [
                BarberUse(
                    barber=barber_from(barber),
                    offered_minutes=await _offered_minutes(connection, barber, period),
                    booked_minutes=booked[barber["id"]],
                )
                for barber in barbers
                if period.location_id in {None, barber["location_id"]}
            ]

    async def top_services(self, period: Period, limit: int) -> list[SoldService]:
        """Find the services with the most revenue."""
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            rows = await _dated(connection, "appointments", period.since, period)
            sold: dict[int, list[int]] = defaultdict(list)
            for _, row in rows:
                if row["status"] == "completed":
                    sold[row["service_id"]].append(row["price_cents"])
            found = [await _sold(connection, service_id, prices) for service_id, prices in sold.items()]
        return sorted(found, key=lambda service: (-service.revenue_cents, service.service_id))[:limit]

    async def outcomes(self, period: Period) -> list[BarberOutcomes]:
        """Count how appointments ended."""
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            rows = await _dated(connection, "appointments", period.since, period)
            return [
                await _outcomes(connection, barber_id, [row["status"] for row in group])
                for barber_id, group in _by_barber(rows)
            ]

    async def shares(self, period: Period) -> list[BarberShare]:
        """Sum up who got what of the payments."""
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            rows = await _dated(connection, "payments", period.since, period)
            return [await _share(connection, barber_id, payments) for barber_id, payments in _by_barber(rows)]


_MOMENT = {"appointments": "starts_at", "payments": "paid_at"}
_AROUND = {
    "appointments": "SELECT * FROM appointments WHERE starts_at >= $1 AND starts_at < $2",
    "payments": "SELECT * FROM payments WHERE paid_at >= $1 AND paid_at < $2",
}


async def _dated(connection: Connection, table: str, since: date, period: Period) -> list[tuple[date, Row]]:
    """Load the rows of the days from `since` on, each with its local day."""
    locations = await connection.fetch("SELECT * FROM locations")
    zones = {row["id"]: ZoneInfo(row["timezone"]) for row in locations}
    rows = await connection.fetch(_AROUND[table], *_widest(since, period.until))
    dated = [(row[_MOMENT[table]].astimezone(zones[row["location_id"]]).date(), row) for row in rows]
    return [
        (day, row)
        for day, row in dated
        if since <= day <= period.until and period.location_id in {None, row["location_id"]}
    ]


def _widest(since: date, until: date) -> tuple[datetime, datetime]:
    """Enclose local days of whatever time zone between two instants."""
    first = datetime.combine(since - timedelta(days=1), time.min, UTC)
    return first, datetime.combine(until + timedelta(days=2), time.min, UTC)


def _by_barber(rows: Iterable[tuple[date, Row]]) -> list[tuple[int, list[Row]]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for _, row in rows:
        groups[row["barber_id"]].append(row)
    return sorted(groups.items())


async def _offered_minutes(connection: Connection, barber: Row, period: Period) -> int:
    location = await one(connection, "SELECT * FROM locations WHERE id = $1", barber["location_id"])
    weekly = await connection.fetch("SELECT * FROM barber_availability WHERE barber_id = $1", barber["id"])
    special = await connection.fetch(
        "SELECT * FROM barber_special_availability WHERE barber_id = $1", barber["id"]
    )
    time_off = await connection.fetch("SELECT * FROM barber_time_off WHERE barber_id = $1", barber["id"])
    blackouts = await connection.fetch(
        "SELECT * FROM blackout_dates WHERE location_id = $1", barber["location_id"]
    )
    zone = ZoneInfo(location["timezone"])
    closed = {row["day"] for row in blackouts}
    absences = [Span(row["starts_at"], row["ends_at"]) for row in time_off]
    total, day = 0, period.since
    while day <= period.until:
        hours = [row for row in special if row["day"] == day] or [
            row for row in weekly if row["weekday"] == day.isoweekday()
        ]
        if day not in closed:
            spans = [_opening(day, row, zone) for row in hours]
            total += sum(_minutes(left) for left in _without(spans, absences))
        day += _DAY
    return total


def _opening(day: date, row: Row, zone: ZoneInfo) -> Span:
    return Span(instant(day, row["starts_at"], zone), instant(day, row["ends_at"], zone))


def _without(spans: Sequence[Span], absences: Iterable[Span]) -> Sequence[Span]:
    """Cut the absences out of the spans."""
    for absence in absences:
        spans = [
            part
            for span in spans
            for part in (
                Span(span.starts_at, min(span.ends_at, absence.starts_at)),
                Span(max(span.starts_at, absence.ends_at), span.ends_at),
            )
            if part.starts_at < part.ends_at
        ]
    return spans


def _minutes(span: Span) -> int:
    return int((span.ends_at - span.starts_at).total_seconds()) // 60


async def _sold(connection: Connection, service_id: int, prices: Sequence[int]) -> SoldService:
    service = await one(connection, "SELECT * FROM services WHERE id = $1", service_id)
    return SoldService(
        service_id=service_id,
        location_id=service["location_id"],
        name=service["name"],
        visit_count=len(prices),
        revenue_cents=sum(prices),
    )


async def _outcomes(connection: Connection, barber_id: int, statuses: Sequence[str]) -> BarberOutcomes:
    barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", barber_id)
    return BarberOutcomes(
        barber=barber_from(barber),
        completed_count=statuses.count("completed"),
        no_show_count=statuses.count("no_show"),
        cancelled_count=statuses.count("cancelled"),
    )


async def _share(connection: Connection, barber_id: int, payments: Sequence[Row]) -> BarberShare:
    barber = await one(connection, "SELECT * FROM barbers WHERE id = $1", barber_id)
    return BarberShare(
        barber=barber_from(barber),
        payment_count=len(payments),
        amount_cents=sum(row["amount_cents"] for row in payments),
        platform_fee_cents=sum(row["platform_fee_cents"] for row in payments),
        commission_cents=sum(row["commission_cents"] for row in payments),
        barber_cents=sum(row["barber_cents"] for row in payments),
        refunded_cents=sum(row["refunded_cents"] for row in payments),
    )
