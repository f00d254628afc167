"""The next free time in two statements: what a week offers, then the first of it that is free."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from reference_app.domain.answers import Barber
from reference_app.domain.errors import NotFoundError
from reference_app.domain.places import NEXT_SLOT_DAYS, NextSlot
from reference_app.domain.scheduling import BookingRules, day_span, instant
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.offers import HOURS_JOIN, OFFER_COLUMNS, service_of

_DAY = "wanted.day"
_DAYS = "CROSS JOIN LATERAL (SELECT $3::date + n AS day FROM generate_series(0, $4::integer - 1) n) wanted"

_BARBER_WEEK = f"""
    SELECT wanted.day, {OFFER_COLUMNS.format(day=_DAY)}
      FROM barbers b
      JOIN locations l ON l.id = b.location_id
      JOIN booking_rules r ON r.location_id = l.id
      {_DAYS}
      LEFT JOIN services s ON s.location_id = l.id AND s.id = $2
      {HOURS_JOIN.format(day=_DAY)}
     WHERE b.id = $1 AND b.is_active
"""  # noqa: S608 - put together from constants

_LOCATION_WEEK = f"""
    SELECT wanted.day, {OFFER_COLUMNS.format(day=_DAY)}
      FROM locations l
      JOIN booking_rules r ON r.location_id = l.id
      {_DAYS}
      LEFT JOIN services s ON s.location_id = l.id AND s.id = $2
      LEFT JOIN barbers b ON b.location_id = l.id AND b.is_active
      {HOURS_JOIN.format(day=_DAY)}
     WHERE l.id = $1
"""  # noqa: S608 - put together from constants

# As in availability.py, over several days at once; the first start that nothing meets wins.
_FIRST_FREE = """
    WITH busy AS (
        SELECT barber_id, range_agg(tstzrange(starts_at, ends_at)) AS spans
          FROM (SELECT barber_id, starts_at, blocked_until AS ends_at
                  FROM appointments
                 WHERE barber_id = ANY ($1) AND starts_at >= $4 AND starts_at < $5
                   AND status IN ('pending', 'confirmed', 'completed')
                 UNION ALL
                SELECT barber_id, starts_at, ends_at
                  FROM barber_time_off
                 WHERE barber_id = ANY ($1) AND ends_at > $4 AND starts_at < $5) taken
         GROUP BY barber_id
    )
    SELECT opening.barber_id, start
      FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[])
                AS opening (barber_id, first_start, last_start)
     CROSS JOIN LATERAL generate_series(opening.first_start, opening.last_start, $6::interval) AS start
      LEFT JOIN busy ON busy.barber_id = opening.barber_id
     WHERE busy.spans IS NULL OR NOT busy.spans && tstzrange(start, start + $7::interval)
     ORDER BY start, opening.barber_id
     LIMIT 1
"""


class SetBasedNextSlot:
    """Lets the database look at the whole week at once."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def of_barber(self, barber_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find one barber's next free start."""
        async with self._connections.use() as connection:
            offers = await connection.fetch(_BARBER_WEEK, barber_id, service_id, since, NEXT_SLOT_DAYS)
            if not offers:
                raise NotFoundError("barber")
            return await _next_slot(connection, offers, since, today)

    async def of_location(self, location_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find the next free start of any barber."""
        async with self._connections.use() as connection:
            offers = await connection.fetch(_LOCATION_WEEK, location_id, service_id, since, NEXT_SLOT_DAYS)
            if not offers:
                raise NotFoundError("location")
            return await _next_slot(connection, offers, since, today)


async def _next_slot(connection: Connection, offers: Sequence[Row], since: date, today: date) -> NextSlot:
    first = offers[0]
    if first["service_id"] is None:
        raise NotFoundError("service")
    free = await _first_free(connection, offers, since, today)
    names = {row["barber_id"]: row["barber_name"] for row in offers}
    return NextSlot(
        location_id=first["location_id"],
        timezone=first["timezone"],
        service_id=first["service_id"],
        barber=Barber(id=free["barber_id"], full_name=names[free["barber_id"]]) if free else None,
        starts_at=free["start"] if free else None,
    )


async def _first_free(connection: Connection, offers: Sequence[Row], since: date, today: date) -> Row | None:
    first = offers[0]
    rules = BookingRules(step_minutes=first["step_minutes"], max_advance_days=first["max_advance_days"])
    zone = ZoneInfo(first["timezone"])
    service = service_of(first)
    openings = [
        row
        for row in offers
        if row["opens_at"] is not None and not row["is_blackout"] and rules.allow_day(row["day"], today)
    ]
    return await connection.fetchrow(
        _FIRST_FREE,
        [row["barber_id"] for row in openings],
        [instant(row["day"], row["opens_at"], zone) for row in openings],
        [instant(row["day"], row["closes_at"], zone) - service.duration for row in openings],
        day_span(since, zone).starts_at,
        day_span(since + timedelta(days=NEXT_SLOT_DAYS - 1), zone).ends_at,
        timedelta(minutes=rules.step_minutes),
        service.blocking,
    )
