"""Free slots in two statements, for one barber as for all: what is offered, then what of it is free."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reference_app.domain.answers import Barber, BarberSlots, DaySlots
from reference_app.domain.errors import NotFoundError
from reference_app.domain.scheduling import BookingRules, day_span, instant
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.offers import HOURS_JOIN, OFFER_COLUMNS, service_of

_DAY = "$3::date"

_BARBER_OFFER = f"""
    SELECT {OFFER_COLUMNS.format(day=_DAY)}
      FROM barbers b
      JOIN locations l ON l.id = b.location_id
      JOIN booking_rules r ON r.location_id = l.id
      LEFT JOIN services s ON s.location_id = l.id AND s.id = $2
      {HOURS_JOIN.format(day=_DAY)}
     WHERE b.id = $1 AND b.is_active
     ORDER BY h.starts_at
"""  # noqa: S608 - put together from constants

_LOCATION_OFFER = f"""
    SELECT {OFFER_COLUMNS.format(day=_DAY)}
      FROM locations l
      JOIN booking_rules r ON r.location_id = l.id
      LEFT JOIN services s ON s.location_id = l.id AND s.id = $2
      LEFT JOIN barbers b ON b.location_id = l.id AND b.is_active
      {HOURS_JOIN.format(day=_DAY)}
     WHERE l.id = $1
     ORDER BY b.id, h.starts_at
"""  # noqa: S608 - put together from constants

# Every start that the openings offer, less those that meet the union of what already keeps the barber busy.
_FREE_STARTS = """
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
    SELECT opening.barber_id, array_agg(start ORDER BY start) AS starts
      FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[])
                AS opening (barber_id, first_start, last_start)
     CROSS JOIN LATERAL generate_series(opening.first_start, opening.last_start, $6::interval) AS start
      LEFT JOIN busy ON busy.barber_id = opening.barber_id
     WHERE busy.spans IS NULL OR NOT busy.spans && tstzrange(start, start + $7::interval)
     GROUP BY opening.barber_id
"""


class SetBasedAvailability:
    """Lets the database intersect offers with what is taken."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def barber_slots(self, barber_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find one barber's free starts."""
        async with self._connections.use() as connection:
            offers = await connection.fetch(_BARBER_OFFER, barber_id, service_id, day)
            if not offers:
                raise NotFoundError("barber")
            return await _day_slots(connection, offers, day, today)

    async def location_slots(self, location_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find all barbers' free starts."""
        async with self._connections.use() as connection:
            offers = await connection.fetch(_LOCATION_OFFER, location_id, service_id, day)
            if not offers:
                raise NotFoundError("location")
            return await _day_slots(connection, offers, day, today)


async def _day_slots(connection: Connection, offers: Sequence[Row], day: date, today: date) -> DaySlots:
    """Answer from the offers: a row for each barber and opening, with NULL where there is none."""
    first = offers[0]
    if first["service_id"] is None:
        raise NotFoundError("service")
    free = await _free_starts(connection, offers, day, today)
    barbers = {row["barber_id"]: row["barber_name"] for row in offers if row["barber_id"] is not None}
    return DaySlots(
        location_id=first["location_id"],
        timezone=first["timezone"],
        day=day,
        service=service_of(first),
        barbers=[
            BarberSlots(barber=Barber(id=barber_id, full_name=name), starts=free.get(barber_id, ()))
            for barber_id, name in barbers.items()
        ],
    )


async def _free_starts(
    connection: Connection, offers: Sequence[Row], day: date, today: date
) -> dict[int, list[datetime]]:
    first = offers[0]
    rules = BookingRules(step_minutes=first["step_minutes"], max_advance_days=first["max_advance_days"])
    if first["is_blackout"] or not rules.allow_day(day, today):
        return {}
    zone = ZoneInfo(first["timezone"])
    service = service_of(first)
    span = day_span(day, zone)
    openings = [row for row in offers if row["opens_at"] is not None]
    rows = await connection.fetch(
        _FREE_STARTS,
        [row["barber_id"] for row in openings],
        _instants(day, (row["opens_at"] for row in openings), zone),
        [end - service.duration for end in _instants(day, (row["closes_at"] for row in openings), zone)],
        span.starts_at,
        span.ends_at,
        timedelta(minutes=rules.step_minutes),
        service.blocking,
    )
    return {row["barber_id"]: row["starts"] for row in rows}


def _instants(day: date, wall_clocks: Iterable[time], zone: ZoneInfo) -> list[datetime]:
    return [instant(day, wall_clock, zone) for wall_clock in wall_clocks]
