"""Recurring series: clients who come to the same barber again and again, and their visits in it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reference_app.storage.seed.sizes import ANCHOR_DAY, PAST_DAYS
from reference_app.storage.seed.visits import Ints, Visits

_LEAST_VISITS = 3
"""Fewer visits of one client to one barber make no series."""
_SHARE = 3
"""One of this many of the faithful has a series; the others book each visit by itself."""
_LONGEST_AHEAD_DAYS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One element per series, but for `of_visit`; indexes count from 0."""

    client: Ints
    barber: Ints
    kind: Ints
    """Index into `SERVICE_KINDS`: what the first visit was for."""
    interval_days: Ints
    starts_on: npt.NDArray[np.datetime64]
    ends_on: npt.NDArray[np.datetime64]
    of_visit: Ints
    """By visit: the series that it belongs to, -1 for none."""


def make_series(visits: Visits, barber_count: int, rng: np.random.Generator) -> Series:
    """Make series out of visits that were drawn; every one of them ends today or later."""
    pair = visits.client * barber_count + visits.barber
    pairs, first, pair_of_visit, visit_count = np.unique(
        pair, return_index=True, return_inverse=True, return_counts=True
    )
    chosen = np.flatnonzero((visit_count >= _LEAST_VISITS) & (rng.integers(0, _SHARE, len(pairs)) == 0))
    series_of_pair = np.full(len(pairs), -1)
    series_of_pair[chosen] = np.arange(len(chosen))
    first_day = np.full(len(pairs), np.iinfo(np.int64).max)
    last_day = np.zeros(len(pairs), dtype=np.int64)
    np.minimum.at(first_day, pair_of_visit, visits.day)
    np.maximum.at(last_day, pair_of_visit, visits.day)
    ahead = rng.integers(0, _LONGEST_AHEAD_DAYS, len(chosen))
    calendar_start = ANCHOR_DAY - PAST_DAYS
    return Series(
        client=visits.client[first[chosen]],
        barber=visits.barber[first[chosen]],
        kind=visits.kind[first[chosen]],
        interval_days=rng.choice([14, 21, 28], len(chosen)),
        starts_on=calendar_start + first_day[chosen],
        ends_on=calendar_start + np.maximum(last_day[chosen], PAST_DAYS) + ahead,
        of_visit=series_of_pair[pair_of_visit],
    )
