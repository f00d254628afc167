"""Revenue by day and by barber in one statement."""

from datetime import UTC, date, datetime, time, timedelta

from reference_app.domain.answers import Barber, BarberRevenue, DayRevenue, Revenue
from reference_app.domain.errors import NotFoundError
from reference_app.storage.connections import Connections, Row
from reference_app.storage.location_choice import narrowed

# The first two bounds are wide enough for every time zone and let an index on paid_at do the work; the local
# days then decide. Both groupings come from one pass. The last part gives a row that counts for nothing when
# the location exists: without any row, it does not.
_REVENUE = """
    WITH paid AS (
        SELECT p.barber_id, (p.paid_at AT TIME ZONE l.timezone)::date AS day,
               p.amount_cents - p.refunded_cents AS earned_cents
          FROM payments p
          JOIN locations l ON l.id = p.location_id
         WHERE p.paid_at >= $1 AND p.paid_at < $2 AND ($5::bigint IS NULL OR p.location_id = $5)
    ), totals AS (
        SELECT day, barber_id, sum(earned_cents)::bigint AS revenue_cents, count(*) AS payment_count
          FROM paid
         WHERE day BETWEEN $3 AND $4
         GROUP BY GROUPING SETS ((day), (barber_id))
    )
    SELECT t.day, t.barber_id, b.full_name, t.revenue_cents, t.payment_count
      FROM totals t
      LEFT JOIN barbers b ON b.id = t.barber_id
     UNION ALL
    SELECT NULL, NULL, NULL, 0, 0
      FROM locations
     WHERE id = $5
     ORDER BY day NULLS LAST, revenue_cents DESC, barber_id
"""


class SetBasedRevenue:
    """Lets the database convert, group and sum."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def revenue(self, since: date, until: date, location_id: int | None) -> Revenue:
        """Sum up payments of the locations' local days."""
        async with self._connections.use() as connection:
            rows = await connection.fetch(
                narrowed(_REVENUE, is_one=location_id is not None),
                datetime.combine(since - timedelta(days=1), time.min, UTC),
                datetime.combine(until + timedelta(days=2), time.min, UTC),
                since,
                until,
                location_id,
            )
        if location_id is not None and not rows:
            raise NotFoundError("location")
        return Revenue(
            days=[_day(row) for row in rows if row["day"] is not None],
            barbers=[_barber(row) for row in rows if row["barber_id"] is not None],
        )


def _day(row: Row) -> DayRevenue:
    return DayRevenue(day=row["day"], revenue_cents=row["revenue_cents"], payment_count=row["payment_count"])


def _barber(row: Row) -> BarberRevenue:
    return BarberRevenue(
        barber=Barber(id=row["barber_id"], full_name=row["full_name"]),
        revenue_cents=row["revenue_cents"],
        payment_count=row["payment_count"],
    )
