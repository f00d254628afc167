"""The next free time, by asking for all free times of one day after the other."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from reference_app.domain.answers import DaySlots
from reference_app.domain.places import NEXT_SLOT_DAYS, NextSlot
from reference_app.legacy.availability import BarberByBarberAvailability
from reference_app.storage.connections import Connections


class DayByDayNextSlot:
    """Finds every free start of every barber of a day, and tries the next day where there is none."""

    def __init__(self, connections: Connections) -> None:
        self._availability = BarberByBarberAvailability(connections)

    async def of_barber(self, barber_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find one barber's next free start."""
        return await _first(
            since, lambda day: self._availability.barber_slots(barber_id, service_id, day, today)
        )

    async def of_location(self, location_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find the next free start of any barber."""
        return await _first(
            since, lambda day: self._availability.location_slots(location_id, service_id, day, today)
        )


async def _first(since: date, slots_of: Callable[[date], Awaitable[DaySlots]]) -> NextSlot:
    for offset in range(NEXT_SLOT_DAYS):
        slots = await slots_of(since + timedelta(days=offset))
        free = sorted(
            ((start, entry.barber) for entry in slots.barbers for start in entry.starts),
            key=lambda found: (found[0], found[1].id),
        )
        if free:
            break
    start, barber = free[0] if free else (None, None)
    return NextSlot(
        location_id=slots.location_id,
        timezone=slots.timezone,
        service_id=slots.service.id,
        barber=barber,
        starts_at=start,
    )
