"""Free slots: three queries for each barber, then each start against everybody's appointments of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import structs

from reference_app.domain.answers import BarberSlots, DaySlots
from reference_app.domain.errors import NotFoundError
from reference_app.domain.scheduling import BUSY_STATUSES, Span, day_span, instant, offered_starts
from reference_app.storage.connections import Connection, Connections, Row
from reference_app.storage.rows import barber_from, rules_from, service_from


@dataclass(frozen=True, slots=True, kw_only=True)
class _DayAtLocation:
    """What all barbers of a location share on a day."""

    location: Row
    service: Row
    rules: Row
    day: date
    appointments: Sequence[Row]
    """Of all shops."""
    is_bookable: bool


class BarberByBarberAvailability:
    """Answers one barber at a time, comparing in the location's wall-clock time as people do."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def barber_slots(self, barber_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find the free starts of all who work where the barber does, and keep the barber's."""
        async with self._connections.use() as connection:
            barber = await connection.fetchrow("SELECT * FROM barbers WHERE id = $1 AND is_active", barber_id)
        if barber is None:
            raise NotFoundError("barber")
        everybody = await self.location_slots(barber["location_id"], service_id, day, today)
        return structs.replace(
            everybody, barbers=[one for one in everybody.barbers if one.barber.id == barber_id]
        )

    async def location_slots(self, location_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find all barbers' free starts."""
        async with self._connections.use() as connection:
            at = await _day_at_location(connection, location_id, service_id, day, today)
            barbers = await connection.fetch(
                "SELECT * FROM barbers WHERE location_id = $1 AND is_active ORDER BY id", location_id
            )
            return _answer(at, [await _slots(connection, at, barber) for barber in barbers])


async def _day_at_location(
    connection: Connection, location_id: int, service_id: int, day: date, today: date
) -> _DayAtLocation:
    location = await connection.fetchrow("SELECT * FROM locations WHERE id = $1", location_id)
    if location is None:
        raise NotFoundError("location")
    service = await connection.fetchrow("SELECT * FROM services WHERE id = $1", service_id)
    if service is None or service["location_id"] != location_id:
        raise NotFoundError("service")
    rules = await connection.fetch("SELECT * FROM booking_rules WHERE location_id = $1", location_id)
    blackouts = await connection.fetch("SELECT * FROM blackout_dates WHERE location_id = $1", location_id)
    span = day_span(day, ZoneInfo(location["timezone"]))
    appointments = await connection.fetch(
        "SELECT * FROM appointments WHERE starts_at >= $1 AND starts_at < $2", span.starts_at, span.ends_at
    )
    is_blackout = any(row["day"] == day for row in blackouts)
    return _DayAtLocation(
        location=location,
        service=service,
        rules=rules[0],
        day=day,
        appointments=appointments,
        is_bookable=not is_blackout and rules_from(rules[0]).allow_day(day, today),
    )


async def _slots(connection: Connection, at: _DayAtLocation, barber: Row) -> BarberSlots:
    weekly = await connection.fetch("SELECT * FROM barber_availability WHERE barber_id = $1", barber["id"])
    special = await connection.fetch(
        "SELECT * FROM barber_special_availability WHERE barber_id = $1", barber["id"]
    )
    time_off = await connection.fetch("SELECT * FROM barber_time_off WHERE barber_id = $1", barber["id"])
    starts = [
        start
        for opening in _openings(at, weekly, special)
        for start in offered_starts(opening, service_from(at.service), rules_from(at.rules))
        if _is_free(at, barber["id"], start, time_off)
    ]
    return BarberSlots(barber=barber_from(barber), starts=sorted(starts))


def _openings(at: _DayAtLocation, weekly: Sequence[Row], special: Sequence[Row]) -> list[Span]:
    if not at.is_bookable:
        return []
    zone = ZoneInfo(at.location["timezone"])
    rows = [row for row in special if row["day"] == at.day] or [
        row for row in weekly if row["weekday"] == at.day.isoweekday()
    ]
    return [
        Span(instant(at.day, row["starts_at"], zone), instant(at.day, row["ends_at"], zone)) for row in rows
    ]


def _is_free(at: _DayAtLocation, barber_id: int, start: datetime, time_off: Sequence[Row]) -> bool:
    zone = ZoneInfo(at.location["timezone"])
    wanted = service_from(at.service).blocked_span(start)
    wanted_start, wanted_end = wanted.starts_at.astimezone(zone), wanted.ends_at.astimezone(zone)
    for appointment in at.appointments:
        taken_start = appointment["starts_at"].astimezone(zone)
        taken_end = appointment["blocked_until"].astimezone(zone)
        is_in_the_way = appointment["barber_id"] == barber_id and appointment["status"] in BUSY_STATUSES
        if is_in_the_way and taken_start < wanted_end and wanted_start < taken_end:
            return False
    return not any(Span(row["starts_at"], row["ends_at"]).overlaps(wanted) for row in time_off)


def _answer(at: _DayAtLocation, barbers: Sequence[BarberSlots]) -> DaySlots:
    return DaySlots(
        location_id=at.location["id"],
        timezone=at.location["timezone"],
        day=at.day,
        service=service_from(at.service),
        barbers=barbers,
    )
