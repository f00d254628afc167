"""How the business goes, one statement for each question.

As in revenue.py, the first two bounds are wide enough for every time zone and let an index on the moment do
the work; the local days then decide.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from reference_app.domain.answers import Barber
from reference_app.domain.errors import NotFoundError
from reference_app.domain.insights import BarberOutcomes, BarberShare, BarberUse, Retention, SoldService
from reference_app.services.ports import Period
from reference_app.storage.connections import Connection, Connections, Row

_RETENTION = """
    WITH visits AS (
        SELECT a.client_id, (a.starts_at AT TIME ZONE l.timezone)::date AS day
          FROM appointments a
          JOIN locations l ON l.id = a.location_id
         WHERE a.starts_at >= $1 AND a.starts_at < $2 AND a.status = 'completed'
           AND ($6::bigint IS NULL OR a.location_id = $6)
    ), visitors AS (
        SELECT client_id, bool_or(day < $4) AS came_before, bool_or(day >= $4) AS came
          FROM visits
         WHERE day BETWEEN $3 AND $5
         GROUP BY client_id
    )
    SELECT count(*) FILTER (WHERE came_before) AS previous_client_count,
           count(*) FILTER (WHERE came_before AND came) AS returning_client_count,
           count(*) FILTER (WHERE NOT came_before) AS new_client_count
      FROM visitors
"""

# Offered: the hours of each day, those of a special day in place of the weekly ones, none on a day when the
# location is closed, less the time off.
_UTILISATION = """
    WITH days AS (
        SELECT $3::date + n AS day FROM generate_series(0, $4::date - $3::date) n
    ), hours AS (
        SELECT s.barber_id, s.day, s.starts_at, s.ends_at
          FROM barber_special_availability s
         WHERE s.day BETWEEN $3 AND $4
         UNION ALL
        SELECT w.barber_id, d.day, w.starts_at, w.ends_at
          FROM barber_availability w
          JOIN days d ON w.weekday = extract(isodow FROM d.day)::integer
         WHERE NOT EXISTS (SELECT FROM barber_special_availability s
                            WHERE s.barber_id = w.barber_id AND s.day = d.day)
    ), off AS (
        SELECT barber_id, range_agg(tstzrange(starts_at, ends_at)) AS spans
          FROM barber_time_off
         WHERE ends_at > $1 AND starts_at < $2
         GROUP BY barber_id
    ), offered AS (
        SELECT b.id, sum(part.seconds) AS seconds
          FROM hours h
          JOIN barbers b ON b.id = h.barber_id
          JOIN locations l ON l.id = b.location_id
          LEFT JOIN off ON off.barber_id = b.id
         CROSS JOIN LATERAL (
                   SELECT sum(extract(epoch FROM upper(p) - lower(p))) AS seconds
                     FROM unnest(tstzmultirange(tstzrange((h.day + h.starts_at) AT TIME ZONE l.timezone,
                                                          (h.day + h.ends_at) AT TIME ZONE l.timezone))
                                 - coalesce(off.spans, '{}'::tstzmultirange)) p) part
         WHERE NOT EXISTS (SELECT FROM blackout_dates c WHERE c.location_id = l.id AND c.day = h.day)
         GROUP BY b.id
    ), booked AS (
        SELECT a.barber_id AS id, sum(extract(epoch FROM a.ends_at - a.starts_at)) AS seconds
          FROM appointments a
          JOIN locations l ON l.id = a.location_id
         WHERE a.starts_at >= $1 AND a.starts_at < $2
           AND (a.starts_at AT TIME ZONE l.timezone)::date BETWEEN $3 AND $4
           AND a.status IN ('pending', 'confirmed', 'completed')
           AND ($5::bigint IS NULL OR a.location_id = $5)
         GROUP BY a.barber_id
    )
    SELECT b.id AS barber_id, b.full_name, (coalesce(o.seconds, 0) / 60)::bigint AS offered_minutes,
           (coalesce(k.seconds, 0) / 60)::bigint AS booked_minutes
      FROM barbers b
      LEFT JOIN offered o ON o.id = b.id
      LEFT JOIN booked k ON k.id = b.id
     WHERE b.is_active AND ($5::bigint IS NULL OR b.location_id = $5)
     ORDER BY b.id
"""

_TOP_SERVICES = """
    SELECT s.id AS service_id, s.location_id, s.name, t.visit_count, t.revenue_cents
      FROM (SELECT a.service_id, count(*) AS visit_count, sum(a.price_cents)::bigint AS revenue_cents
              FROM appointments a
              JOIN locations l ON l.id = a.location_id
             WHERE a.starts_at >= $1 AND a.starts_at < $2
               AND (a.starts_at AT TIME ZONE l.timezone)::date BETWEEN $3 AND $4
               AND a.status = 'completed' AND ($5::bigint IS NULL OR a.location_id = $5)
             GROUP BY a.service_id) t
      JOIN services s ON s.id = t.service_id
     ORDER BY t.revenue_cents DESC, s.id
     LIMIT $6
"""

_OUTCOMES = """
    SELECT b.id AS barber_id, b.full_name, t.completed_count, t.no_show_count, t.cancelled_count
      FROM (SELECT a.barber_id, count(*) FILTER (WHERE a.status = 'completed') AS completed_count,
                   count(*) FILTER (WHERE a.status = 'no_show') AS no_show_count,
                   count(*) FILTER (WHERE a.status = 'cancelled') AS cancelled_count
              FROM appointments a
              JOIN locations l ON l.id = a.location_id
             WHERE a.starts_at >= $1 AND a.starts_at < $2
               AND (a.starts_at AT TIME ZONE l.timezone)::date BETWEEN $3 AND $4
               AND ($5::bigint IS NULL OR a.location_id = $5)
             GROUP BY a.barber_id) t
      JOIN barbers b ON b.id = t.barber_id
     ORDER BY b.id
"""

_SHARES = """
    SELECT b.id AS barber_id, b.full_name, t.*
      FROM (SELECT p.barber_id AS id, count(*) AS payment_count,
                   sum(p.amount_cents)::bigint AS amount_cents,
                   sum(p.platform_fee_cents)::bigint AS platform_fee_cents,
                   sum(p.commission_cents)::bigint AS commission_cents,
                   sum(p.barber_cents)::bigint AS barber_cents,
                   sum(p.refunded_cents)::bigint AS refunded_cents
              FROM payments p
              JOIN locations l ON l.id = p.location_id
             WHERE p.paid_at >= $1 AND p.paid_at < $2
               AND (p.paid_at AT TIME ZONE l.timezone)::date BETWEEN $3 AND $4
               AND ($5::bigint IS NULL OR p.location_id = $5)
             GROUP BY p.barber_id) t
      JOIN barbers b ON b.id = t.id
     ORDER BY b.id
"""


def widest(since: date, until: date) -> tuple[datetime, datetime]:
    """Enclose local days of whatever time zone between two instants."""
    first = datetime.combine(since - timedelta(days=1), time.min, UTC)
    return first, datetime.combine(until + timedelta(days=2), time.min, UTC)


class SetBasedAnalytics:
    """Lets the database convert, group and sum."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def retention(self, period: Period) -> Retention:
        """Count who came back."""
        start = previous_start(period)
        bounds = (*widest(start, period.until), start, period.since, period.until)
        (row,) = await self._ask(_RETENTION, period, *bounds, period.location_id)
        return Retention(**dict(row))

    async def utilisation(self, period: Period) -> list[BarberUse]:
        """Compare offered with booked minutes."""
        rows = await self._ask(_UTILISATION, period, *_bounds(period), period.location_id)
        return [
            BarberUse(
                barber=_barber(row),
                offered_minutes=row["offered_minutes"],
                booked_minutes=row["booked_minutes"],
            )
            for row in rows
        ]

    async def top_services(self, period: Period, limit: int) -> list[SoldService]:
        """Find the services with the most revenue."""
        rows = await self._ask(_TOP_SERVICES, period, *_bounds(period), period.location_id, limit)
        return [SoldService(**dict(row)) for row in rows]

    async def outcomes(self, period: Period) -> list[BarberOutcomes]:
        """Count how appointments ended."""
        rows = await self._ask(_OUTCOMES, period, *_bounds(period), period.location_id)
        return [
            BarberOutcomes(
                barber=_barber(row),
                completed_count=row["completed_count"],
                no_show_count=row["no_show_count"],
                cancelled_count=row["cancelled_count"],
            )
            for row in rows
        ]

    async def shares(self, period: Period) -> list[BarberShare]:
        """Sum up who got what of the payments."""
        rows = await self._ask(_SHARES, period, *_bounds(period), period.location_id)
        return [
            BarberShare(
                barber=_barber(row),
                payment_count=row["payment_count"],
                amount_cents=row["amount_cents"],
                platform_fee_cents=row["platform_fee_cents"],
                commission_cents=row["commission_cents"],
                barber_cents=row["barber_cents"],
                refunded_cents=row["refunded_cents"],
            )
            for row in rows
        ]

    async def _ask(self, sql: str, period: Period, *values: object) -> list[Row]:
        async with self._connections.use() as connection:
            await require_known(connection, period.location_id)
            return await connection.fetch(sql, *values)


def previous_start(period: Period) -> date:
    """Find the first day of the period of equal length before this one."""
    return period.since - (period.until - period.since + timedelta(days=1))


async def require_known(connection: Connection, location_id: int | None) -> None:
    """Raise `NotFoundError` unless the location exists, or all are meant."""
    if location_id is not None:
        found: Iterable[Row] = await connection.fetch("SELECT FROM locations WHERE id = $1", location_id)
        if not found:
            raise NotFoundError("location")


def _bounds(period: Period) -> tuple[datetime, datetime, date, date]:
    return (*widest(period.since, period.until), period.since, period.until)


def _barber(row: Row) -> Barber:
    return Barber(id=row["barber_id"], full_name=row["full_name"])
