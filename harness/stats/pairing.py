"""Did both variants get the same requests? Two slices that replayed one schedule, arrival by arrival."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.stats.columns import BoolArray, CodeArray, Columns, IntArray, join_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """How many arrivals were compared, and how many were alike."""

    arrival_count: int
    """Arrivals that both slices have."""
    same_journey_count: int
    """Of these, those that ran the same Locust task."""
    good_count: int
    """Of these, those with no failed request on either side: only they must go on alike."""
    same_requests_count: int
    """Of the good ones, those that sent the same endpoints in the same order."""
    first_mix: Mapping[str, int]
    """Requests of the first side's good arrivals, by endpoint."""
    second_mix: Mapping[str, int]

    @property
    def mix_shift(self) -> float:
        """The largest difference, over endpoints, between the shares that the two sides sent to it."""
        first, second = sum(self.first_mix.values()), sum(self.second_mix.values())
        if not first or not second:
            return 0.0
        return max(
            abs(self.first_mix.get(endpoint, 0) / first - self.second_mix.get(endpoint, 0) / second)
            for endpoint in self.first_mix.keys() | self.second_mix.keys()
        )


def pair_arrivals(first: Columns, second: Columns) -> Pairing:
    """Compare the arrivals of two slices of one couple.

    An arrival that only one side has was dropped or lost on the other; that is counted elsewhere.
    """
    journey = join_names((first.journey, second.journey)).codes
    endpoint = join_names((first.endpoint, second.endpoint))
    ones = _gather(first, journey[: len(first)], endpoint.codes[: len(first)])
    twos = _gather(second, journey[len(first) :], endpoint.codes[len(first) :])
    _, one, two = np.intersect1d(ones.arrival, twos.arrival, assume_unique=True, return_indices=True)
    is_good = ones.is_good[one] & twos.is_good[two]
    return Pairing(
        arrival_count=int(one.size),
        same_journey_count=int(np.count_nonzero(ones.journey[one] == twos.journey[two])),
        good_count=int(np.count_nonzero(is_good)),
        same_requests_count=int(np.count_nonzero(is_good & _is_alike(ones, one, twos, two))),
        first_mix=_mix(ones, one[is_good], endpoint.words),
        second_mix=_mix(twos, two[is_good], endpoint.words),
    )


def add_pairings(pairings: Iterable[Pairing]) -> Pairing:
    """Add up the counts of many couples; none at all add up to zeros."""
    pairs = tuple(pairings)
    return Pairing(
        arrival_count=sum(pair.arrival_count for pair in pairs),
        same_journey_count=sum(pair.same_journey_count for pair in pairs),
        good_count=sum(pair.good_count for pair in pairs),
        same_requests_count=sum(pair.same_requests_count for pair in pairs),
        first_mix=sum((Counter(pair.first_mix) for pair in pairs), Counter()),
        second_mix=sum((Counter(pair.second_mix) for pair in pairs), Counter()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrivals:
    """One entry an arrival; `endpoint` has one a request, those of an arrival together and in order."""

    arrival: CodeArray
    journey: CodeArray
    is_good: BoolArray
    start: IntArray
    request_count: IntArray
    endpoint: CodeArray


def _gather(columns: Columns, journey: CodeArray, endpoint: CodeArray) -> _Arrivals:
    order = np.lexsort((columns.step, columns.arrival))
    arrival, start, count = np.unique(columns.arrival[order], return_index=True, return_counts=True)
    failures = np.concatenate(([0], np.cumsum(columns.is_failed[order])))
    return _Arrivals(
        arrival=arrival,
        journey=journey[order][start],
        is_good=failures[start + count] == failures[start],
        start=start,
        request_count=count,
        endpoint=endpoint[order],
    )


def _is_alike(ones: _Arrivals, one: IntArray, twos: _Arrivals, two: IntArray) -> BoolArray:
    """Tell which pairs of arrivals sent the same endpoints in the same order."""
    count = ones.request_count[one]
    is_alike: BoolArray = count == twos.request_count[two]
    count = count[is_alike]
    if count.size:
        differs = (
            ones.endpoint[_positions(ones.start[one[is_alike]], count)]
            != twos.endpoint[_positions(twos.start[two[is_alike]], count)]
        )
        is_alike[is_alike] = ~np.logical_or.reduceat(differs, np.cumsum(count) - count)
    return is_alike


def _mix(arrivals: _Arrivals, chosen: IntArray, words: tuple[str, ...]) -> dict[str, int]:
    rows = _positions(arrivals.start[chosen], arrivals.request_count[chosen])
    counts = np.bincount(arrivals.endpoint[rows], minlength=len(words))
    return {word: int(count) for word, count in zip(words, counts, strict=True) if count}


def _positions(start: IntArray, count: IntArray) -> IntArray:
    """Return the positions start, start + 1, ... of each run of `count`, one run after another."""
    offset = np.cumsum(count) - count
    positions: IntArray = np.arange(int(count.sum())) + np.repeat(start - offset, count)
    return positions
