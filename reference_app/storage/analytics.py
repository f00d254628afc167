# ruff: noqa: S608 - the statements are put together from constants
"""How the business goes, one statement for each question.

The local days of each location are turned into moments once; an index on location and moment finds the rows
of each, and no row's moment has to be turned into a local day.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from reference_app.domain.answers import Barber
from reference_app.domain.errors import NotFoundError
from reference_app.domain.insights import BarberOutcomes, BarberShare, BarberUse, Retention, SoldService
from reference_app.services.ports import Period
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.location_choice import narrowed

# The asked-for days of each location: what began at first_at or later and before past_at.
_BOUNDS = """
    bounds AS (
        SELECT id, ($1::date)::timestamp AT TIME ZONE timezone AS first_at,
               ($2::date + 1)::timestamp AT TIME ZONE timezone AS past_at
          FROM locations
         WHERE ($3::bigint IS NULL OR id = $3)
    )
"""

# Materialized: else since_at is worked out anew for each visit, which takes longer than to find them all.
_RETENTION = f"""
    WITH {_BOUNDS}, parts AS MATERIALIZED (
        SELECT o.*, ($4::date)::timestamp AT TIME ZONE l.timezone AS since_at
          FROM bounds o
          JOIN locations l ON l.id = o.id
    ), visitors AS (
        SELECT a.client_id, bool_or(a.starts_at < o.since_at) AS came_before,
               bool_or(a.starts_at >= o.since_at) AS came
          FROM parts o
          JOIN appointments a ON a.location_id = o.id
                             AND a.starts_at >= o.first_at AND a.starts_at < o.past_at
         WHERE a.status = 'completed'
         GROUP BY a.client_id
    )
    SELECT count(*) FILTER (WHERE came_before) AS previous_client_count,
           count(*) FILTER (WHERE came_before AND came) AS returning_client_count,
           count(*) FILTER (WHERE NOT came_before) AS new_client_count
      FROM visitors
"""

# Offered: the hours of each day, those of a special day in place of the weekly ones, none on a day when the
# location is closed, less the time off.
_UTILISATION = f"""
    WITH {_BOUNDS}, days AS (
        SELECT $1::date + n AS day FROM generate_series(0, $2::date - $1::date) n
    ), staff AS (
        SELECT b.id, b.location_id, l.timezone
          FROM barbers b
          JOIN locations l ON l.id = b.location_id
         WHERE ($3::bigint IS NULL OR b.location_id = $3)
    ), hours AS (
        SELECT s.barber_id, s.day, s.starts_at, s.ends_at
          FROM staff f
          JOIN barber_special_availability s ON s.barber_id = f.id
         WHERE s.day BETWEEN $1 AND $2
         UNION ALL
        SELECT w.barber_id, d.day, w.starts_at, w.ends_at
          FROM staff f
          JOIN barber_availability w ON w.barber_id = f.id
          JOIN days d ON w.weekday = extract(isodow FROM d.day)::integer
         WHERE NOT EXISTS (SELECT FROM barber_special_availability s
                            WHERE s.barber_id = w.barber_id AND s.day = d.day)
    ), off AS (
        SELECT t.barber_id, range_agg(tstzrange(t.starts_at, t.ends_at)) AS spans
          FROM staff f
          JOIN barber_time_off t ON t.barber_id = f.id
         WHERE t.ends_at > (SELECT min(first_at) FROM bounds)
           AND t.starts_at < (SELECT max(past_at) FROM bounds)
         GROUP BY t.barber_id
    ), offered AS (
        SELECT f.id, sum(part.seconds) AS seconds
          FROM hours h
          JOIN staff f ON f.id = h.barber_id
          LEFT JOIN off ON off.barber_id = f.id
         CROSS JOIN LATERAL (
                   SELECT sum(extract(epoch FROM upper(p) - lower(p))) AS seconds
                     FROM unnest(tstzmultirange(tstzrange((h.day + h.starts_at) AT TIME ZONE f.timezone,
                                                          (h.day + h.ends_at) AT TIME ZONE f.timezone))
                                 - coalesce(off.spans, '{{}}'::tstzmultirange)) p) part
         WHERE NOT EXISTS (SELECT FROM blackout_dates c WHERE c.location_id = f.location_id AND c.day = h.day)
         GROUP BY f.id
    ), booked AS (
        SELECT a.barber_id AS id, sum(extract(epoch FROM a.ends_at - a.starts_at)) AS seconds
          FROM bounds o
          JOIN appointments a ON a.location_id = o.id
                             AND a.starts_at >= o.first_at AND a.starts_at < o.past_at
         WHERE a.status IN ('pending', 'confirmed', 'completed')
         GROUP BY a.barber_id
    )
    SELECT b.id AS barber_id, b.full_name, (coalesce(o.seconds, 0) / 60)::bigint AS offered_minutes,
           (coalesce(k.seconds, 0) / 60)::bigint AS booked_minutes
      FROM barbers b
      LEFT JOIN offered o ON o.id = b.id
      LEFT JOIN booked k ON k.id = b.id
     WHERE b.is_active AND ($3::bigint IS NULL OR b.location_id = $3)
     ORDER BY b.id
"""

_TOP_SERVICES = f"""
    WITH {_BOUNDS}
    SELECT s.id AS service_id, s.location_id, s.name, t.visit_count, t.revenue_cents
      FROM (SELECT a.service_id, count(*) AS visit_count, sum(a.price_cents)::bigint AS revenue_cents
              FROM bounds o
              JOIN appointments a ON a.location_id = o.id
                                 AND a.starts_at >= o.first_at AND a.starts_at < o.past_at
             WHERE a.status = 'completed'
             GROUP BY a.service_id) t
      JOIN services s ON s.id = t.service_id
     ORDER BY t.revenue_cents DESC, s.id
     LIMIT $4
"""

_OUTCOMES = f"""
    WITH {_BOUNDS}
    SELECT b.id AS barber_id, b.full_name, t.completed_count, t.no_show_count, t.cancelled_count
      FROM (SELECT a.barber_id, count(*) FILTER (WHERE a.status = 'completed') AS completed_count,
                   count(*) FILTER (WHERE a.status = 'no_show') AS no_show_count,
                   count(*) FILTER (WHERE a.status = 'cancelled') AS cancelled_count
              FROM bounds o
              JOIN appointments a ON a.location_id = o.id
                                 AND a.starts_at >= o.first_at AND a.starts_at < o.past_at
             GROUP BY a.barber_id) t
      JOIN barbers b ON b.id = t.barber_id
     ORDER BY b.id
"""

_SHARES = f"""
    WITH {_BOUNDS}
    SELECT b.id AS barber_id, b.full_name, t.*
      FROM (SELECT p.barber_id AS id, count(*) AS payment_count,
                   sum(p.amount_cents)::bigint AS amount_cents,
                   sum(p.platform_fee_cents)::bigint AS platform_fee_cents,
                   sum(p.commission_cents)::bigint AS commission_cents,
                   sum(p.barber_cents)::bigint AS barber_cents,
                   sum(p.refunded_cents)::bigint AS refunded_cents
              FROM bounds o
              JOIN payments p ON p.location_id = o.id AND p.paid_at >= o.first_at AND p.paid_at < o.past_at
             GROUP BY p.barber_id) t
      JOIN barbers b ON b.id = t.id
     ORDER BY b.id
"""


class SetBasedAnalytics:
    """Lets the database convert, group and sum."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def retention(self, period: Period) -> Retention:
        """Count who came back."""
        both = replace(period, since=previous_start(period))
        (row,) = await self._ask(_RETENTION, both, period.since)
        return Retention(**dict(row))

    async def utilisation(self, period: Period) -> list[BarberUse]:
        """Compare offered with booked minutes."""
        rows = await self._ask(_UTILISATION, period)
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
        rows = await self._ask(_TOP_SERVICES, period, limit)
        return [SoldService(**dict(row)) for row in rows]

    async def outcomes(self, period: Period) -> list[BarberOutcomes]:
        """Count how appointments ended."""
        rows = await self._ask(_OUTCOMES, period)
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
        rows = await self._ask(_SHARES, period)
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
            return await connection.fetch(
                narrowed(sql, is_one=period.location_id is not None),
                period.since,
                period.until,
                period.location_id,
                *values,
            )


def previous_start(period: Period) -> date:
    """Find the first day of the period of equal length before this one."""
    return period.since - (period.until - period.since + timedelta(days=1))


async def require_known(connection: Connection, location_id: int | None) -> None:
    """Raise `NotFoundError` unless the location exists, or all are meant."""
    if location_id is not None:
        found: Iterable[Row] = await connection.fetch("SELECT FROM locations WHERE id = $1", location_id)
        if not found:
            raise NotFoundError("location")


def _barber(row: Row) -> Barber:
    return Barber(id=row["barber_id"], full_name=row["full_name"])
