"""Revenue by day and by barber in one statement."""

from datetime import date

from reference_app.domain.answers import Barber, BarberRevenue, DayRevenue, Revenue
from reference_app.domain.errors import NotFoundError
from reference_app.storage.connections import Connections, Row
from reference_app.storage.location_choice import narrowed

# Each local day of each location becomes two moments, between which an index finds the payments: no payment's
# moment has to be turned into a local day. Both groupings come from one pass. The last part gives a row that
# counts for nothing when the location exists: without any row, it does not.
_REVENUE = """
    WITH days AS (
        SELECT l.id, d.day, d.day::timestamp AT TIME ZONE l.timezone AS first_at,
               (d.day + 1)::timestamp AT TIME ZONE l.timezone AS past_at
          FROM locations l
         CROSS JOIN (SELECT $1::date + n AS day FROM generate_series(0, $2::date - $1::date) n) d
         WHERE ($3::bigint IS NULL OR l.id = $3)
    ), paid AS (
        SELECT d.day, p.*
          FROM days d
         CROSS JOIN LATERAL (
                   SELECT barber_id, sum(amount_cents - refunded_cents) AS earned_cents,
                          count(*) AS payment_count
                     FROM payments
                    WHERE location_id = d.id AND paid_at >= d.first_at AND paid_at < d.past_at
                    GROUP BY barber_id) p
    ), totals AS (
        SELECT day, barber_id, sum(earned_cents)::bigint AS revenue_cents,
               sum(payment_count)::bigint AS payment_count
          FROM paid
         GROUP BY GROUPING SETS ((day), (barber_id))
    )
    SELECT t.day, t.barber_id, b.full_name, t.revenue_cents, t.payment_count
      FROM totals t
      LEFT JOIN barbers b ON b.id = t.barber_id
     UNION ALL
    SELECT NULL, NULL, NULL, 0, 0
      FROM locations
     WHERE id = $3
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
