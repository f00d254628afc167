"""Appointments: who comes when, to whom, for what; never two at once for one barber.

Counts are drawn for each (barber, working day), by the barber's popularity, the weekday and the distance from
today, and never above what a shift can hold. Inside a shift the services are laid one after the other and the
free time is spread between them as random gaps, with more of it in front: evenings are fuller than mornings.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reference_app.storage.seed.places import (
    DAY_COUNT,
    SERVICE_KINDS,
    STEP_MINUTES,
    WORKING_MINUTES,
    Places,
    calendar,
    weekdays,
)
from reference_app.storage.seed.sizes import ANCHOR_DAY, PAST_DAYS

Ints = npt.NDArray[np.int64]

STATUSES = ("pending", "confirmed", "cancelled", "completed", "no_show")
PENDING, CONFIRMED, CANCELLED, COMPLETED, NO_SHOW = range(5)

_SHIFT_STEPS = WORKING_MINUTES // STEP_MINUTES
_LONGEST_STEPS = max(kind.steps for kind in SERVICE_KINDS)
CAPACITY = _SHIFT_STEPS // _LONGEST_STEPS
"""Appointments that fit into a shift whatever services they are."""

_WEEKDAY_WEIGHT = np.array([0.6, 0.8, 0.9, 1.1, 1.4, 2.0, 0.5])
_FUTURE_FADE_DAYS = 9.0
"""How fast bookings thin out ahead of today."""
_MORNING_GAP_WEIGHT, _EVENING_GAP_WEIGHT = 5.0, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One element per appointment, in the order in which they were booked; indexes count from 0."""

    barber: Ints
    client: Ints
    kind: Ints
    """Index into `SERVICE_KINDS`."""
    starts_at: npt.NDArray[np.datetime64]
    created_at: npt.NDArray[np.datetime64]
    status: Ints
    day: Ints
    """Day of the calendar, local."""
    price_cents: Ints


def make_visits(count: int, clients: Ints, places: Places, rng: np.random.Generator) -> Visits:
    """Draw the appointments; `clients` holds each client's location, in order of location.

    Raises:
        ValueError: the calendar cannot hold so many appointments.
    """
    barber, day = _cells(count, places, rng)
    kind = rng.choice(len(SERVICE_KINDS), count, p=[kind.share for kind in SERVICE_KINDS])
    local_minute = places.shift_start_minute[barber] + STEP_MINUTES * _start_steps(barber, day, kind, rng)
    location = places.barber_location[barber]
    utc_minute = local_minute - places.offset_minutes[location, day]
    starts_at = calendar()[day].astype("datetime64[s]") + utc_minute.astype("timedelta64[m]")
    created_at = _created_at(starts_at, rng)
    price = np.array([kind.price_cents for kind in SERVICE_KINDS])[kind] * places.price_level[location]
    order = np.argsort(created_at, kind="stable")
    return Visits(
        barber=barber[order],
        client=_clients_of(location, clients, rng)[order],
        kind=kind[order],
        starts_at=starts_at[order],
        created_at=created_at[order],
        status=_statuses(day, rng)[order],
        day=day[order],
        price_cents=np.rint(price).astype(np.int64)[order],
    )


def _cells(count: int, places: Places, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw barber and day of each appointment, sorted by both."""
    weight = _day_weight()[None, :] * places.popularity[:, None] * places.works
    weight = weight.ravel()
    if count > CAPACITY * np.count_nonzero(weight):
        raise ValueError(
            f"{count} appointments do not fit into the shifts of {len(places.popularity)} barbers"
        )
    filled = np.zeros(len(weight), dtype=np.int64)
    missing = count
    while missing:
        filled += rng.multinomial(missing, weight / weight.sum())
        np.minimum(filled, CAPACITY, out=filled)
        weight[filled == CAPACITY] = 0.0
        missing = count - int(filled.sum())
    cell = np.repeat(np.arange(len(filled)), filled)
    return cell // DAY_COUNT, cell % DAY_COUNT


def _day_weight() -> npt.NDArray[np.float64]:
    ahead = np.maximum(np.arange(DAY_COUNT) - PAST_DAYS, 0)
    # A business that grows: the last day of the past is half as busy again as the first.
    growth = 1.0 + 0.5 * np.minimum(np.arange(DAY_COUNT), PAST_DAYS) / PAST_DAYS
    weight: npt.NDArray[np.float64] = (
        _WEEKDAY_WEIGHT[weekdays()] * growth * np.exp(-ahead / _FUTURE_FADE_DAYS)
    )
    return weight


def _start_steps(barber: Ints, day: Ints, kind: Ints, rng: np.random.Generator) -> Ints:
    """Lay each shift's services one after the other with random gaps; answer grid steps after its start."""
    cell = barber * DAY_COUNT + day
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    shift = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(cell))))
    steps = np.array([kind.steps for kind in SERVICE_KINDS])[kind]
    gap = rng.exponential(1.0, len(cell))
    gap[first] *= _MORNING_GAP_WEIGHT
    last_gap = rng.exponential(_EVENING_GAP_WEIGHT, len(first))
    free = _SHIFT_STEPS - np.add.reduceat(steps, first)
    gap_share = _running_sum(gap, first, shift) / (np.add.reduceat(gap, first) + last_gap)[shift]
    before = _running_sum(steps, first, shift) - steps
    # Rounding down keeps the order: gaps are shared out by a running sum, so none becomes negative.
    steps_in: Ints = (before + np.floor(free[shift] * gap_share)).astype(np.int64)
    return steps_in


def _running_sum(
    values: npt.NDArray[np.float64] | Ints, first: Ints, group: Ints
) -> npt.NDArray[np.float64] | Ints:
    """Sum up the values inside each group, the present one included."""
    total = np.cumsum(values)
    return total - (total[first] - values[first])[group]


def _created_at(
    starts_at: npt.NDArray[np.datetime64], rng: np.random.Generator
) -> npt.NDArray[np.datetime64]:
    """Bookings are made days ahead, and always before today."""
    lead = (rng.exponential(6.0, len(starts_at)) * 86_400).astype(np.int64) + 3_600
    created = starts_at - lead.astype("timedelta64[s]")
    latest = ANCHOR_DAY.astype("datetime64[s]") - rng.integers(60, 86_400, len(starts_at)).astype(
        "timedelta64[s]"
    )
    earliest: npt.NDArray[np.datetime64] = np.minimum(created, latest)
    return earliest


def _statuses(day: Ints, rng: np.random.Generator) -> Ints:
    draw = rng.random(len(day))
    past = np.select([draw < 0.10, draw < 0.16], [CANCELLED, NO_SHOW], COMPLETED)
    ahead = np.select([draw < 0.07, draw < 0.27], [CANCELLED, PENDING], CONFIRMED)
    return np.where(day < PAST_DAYS, past, ahead)


def _clients_of(location: Ints, clients: Ints, rng: np.random.Generator) -> Ints:
    """Draw each appointment's client among those of its shop: a few come often, many rarely."""
    weight = np.cumsum(rng.pareto(1.6, len(clients)) + 0.2)
    bound = np.concatenate([[0.0], weight])
    low = bound[np.searchsorted(clients, location, side="left")]
    high = bound[np.searchsorted(clients, location, side="right")]
    drawn = np.searchsorted(weight, low + rng.random(len(location)) * (high - low), side="right")
    last: Ints = np.searchsorted(clients, location, side="right") - 1
    chosen: Ints = np.minimum(drawn, last)
    return chosen
