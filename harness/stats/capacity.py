"""The highest rate that holds an SLO: how a step is judged, and which rate is tried next.

Rates lie on a logarithmic grid: `rate_at(8) = 2`. A search first strides up (or down) until one rate holds
and one does not, then halves what is between them. It is a value: `Search` in, `Search` out; nobody waits
and nothing is sent here.
"""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from harness.model.slo import Slo
from harness.stats.proportion import clopper_pearson
from harness.stats.signed_rank import Interval, hodges_lehmann

GRID_STEPS_PER_DOUBLING = 8
"""The grid's step is 9 %: finer than what rounds differ by on a machine that is not quiet."""

LOWEST_INDEX = -3 * GRID_STEPS_PER_DOUBLING
HIGHEST_INDEX = 14 * GRID_STEPS_PER_DOUBLING
"""From 0.125 to 16,384 arrivals a second."""

CONFIDENCE = 0.95
"""Of a step's binomial interval, two-sided."""

LEAST_ROUNDS = 3
"""Fewer rounds give no interval. Of two equal variants all three rounds of one lie above all three of the
other in one of twenty runs."""


class StepVerdict(StrEnum):
    """What one rate showed."""

    PASS = "pass"  # noqa: S105  - no password
    FAIL = "fail"
    UNDECIDED = "undecided"
    GENERATOR_LIMIT = "generator limit"


class SearchEnd(StrEnum):
    """Why a search went no further."""

    FOUND = "found"
    GENERATOR_LIMIT = "generator limit"
    OUT_OF_RANGE = "out of range"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCounts:
    """What was counted at one rate; repeats of a step add up."""

    request_count: int
    """Dropped arrivals too: each is a failed request."""
    failed_count: int
    over_counts: tuple[int, ...]
    """Requests that failed or took longer than the limit, for each latency limit of the SLO."""

    def __add__(self, other: "StepCounts") -> "StepCounts":
        return StepCounts(
            request_count=self.request_count + other.request_count,
            failed_count=self.failed_count + other.failed_count,
            over_counts=tuple(a + b for a, b in zip(self.over_counts, other.over_counts, strict=True)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which rates were tried, by grid index, and what they showed."""

    start: int
    stride: int = GRID_STEPS_PER_DOUBLING
    """The first stride; each next one is twice as long, up to a doubling of the rate."""
    seen: dict[int, StepVerdict] = field(default_factory=dict)

    def indices(self, verdict: StepVerdict) -> list[int]:
        """Return the grid indices that showed this, rising."""
        return sorted(index for index, seen in self.seen.items() if seen is verdict)

    @property
    def lowest_fail(self) -> int | None:
        """The lowest index that failed."""
        return min(self.indices(StepVerdict.FAIL), default=None)

    @property
    def highest_pass(self) -> int | None:
        """The highest index that passed below all that failed: where both happened, the failure counts."""
        limit = self.lowest_fail
        passed = self.indices(StepVerdict.PASS)
        return max((index for index in passed if limit is None or index < limit), default=None)

    @property
    def is_generator_limited(self) -> bool:
        """The generator gave in before the server did."""
        ceiling = min(self.indices(StepVerdict.GENERATOR_LIMIT), default=None)
        return ceiling is not None and (self.lowest_fail is None or ceiling < self.lowest_fail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """What a search knows at its end: the capacity lies from `low` to `high`, arrivals a second."""

    low: float | None
    """Highest rate that held; None: none did."""
    high: float | None
    """Lowest rate that did not; None: none was reached."""
    end: SearchEnd

    @property
    def middle(self) -> float | None:
        """The bracket's geometric middle."""
        return math.sqrt(self.low * self.high) if self.low and self.high else None


def rate_at(index: int) -> float:
    """Return the grid's rate, arrivals a second."""
    return float(2 ** (index / GRID_STEPS_PER_DOUBLING))


def nearest_index(rate: float) -> int:
    """Return the grid index nearest to a rate, within the grid's range."""
    return min(max(round(GRID_STEPS_PER_DOUBLING * math.log2(rate)), LOWEST_INDEX), HIGHEST_INDEX)


def advance(search: Search, index: int, verdict: StepVerdict) -> Search:
    """Return the search with one more rate tried; a rate tried again keeps its latest verdict."""
    return replace(search, seen={**search.seen, index: verdict})


def next_index(search: Search) -> int | None:
    """Return the rate to try next, None when nothing is left to learn on this grid."""
    if not search.seen:
        return search.start
    if search.is_generator_limited:
        return None
    low, high = search.highest_pass, search.lowest_fail
    stride = min(search.stride * 2 ** (len(search.seen) - 1), GRID_STEPS_PER_DOUBLING)
    if high is None:
        return _within_range(max(search.seen) + stride)
    if low is None:
        return _within_range(min(search.seen) - stride)
    return _middle_of_widest_gap(search, low, high)


def _within_range(index: int) -> int | None:
    return index if LOWEST_INDEX <= index <= HIGHEST_INDEX else None


def _middle_of_widest_gap(search: Search, low: int, high: int) -> int | None:
    """Halve towards the boundary; where rates stay undecided, close in on them from both sides."""
    open_ = [index for index in search.indices(StepVerdict.UNDECIDED) if low < index < high]
    gaps = [(low, min(open_)), (max(open_), high)] if open_ else [(low, high)]
    first, last = max(gaps, key=lambda gap: gap[1] - gap[0])
    return (first + last) // 2 if last - first > 1 else None


def bracket(search: Search) -> Bracket:
    """Return what the search knows so far."""
    low, high = search.highest_pass, search.lowest_fail
    if search.is_generator_limited:
        end = SearchEnd.GENERATOR_LIMIT
    elif next_index(search) is not None:
        end = SearchEnd.UNFINISHED
    else:
        end = SearchEnd.FOUND if low is not None and high is not None else SearchEnd.OUT_OF_RANGE
    return Bracket(
        low=None if low is None else rate_at(low),
        high=None if high is None else rate_at(high),
        end=end,
    )


def judge_step(slo: Slo, counts: StepCounts) -> StepVerdict:
    """Judge a step by exact binomial intervals.

    `p95 <= 400 ms` says: at most 5 % of the requests take longer. It passes when the whole Clopper-Pearson
    interval of that share lies within, fails when the whole interval lies beyond, and is undecided between. A
    step of seconds cannot prove an error share of a thousandth: an error limit fails a step when its
    interval lies beyond, leaves it undecided when what was seen lies beyond, and otherwise lets it pass; the
    error share is stated over all steps together.
    """
    if counts.request_count == 0:
        return StepVerdict.UNDECIDED
    verdicts = [
        _judge_share(over, counts.request_count, 1 - limit.q)
        for limit, over in zip(slo.latency, counts.over_counts, strict=True)
    ]
    if slo.errors:
        verdict = _judge_share(counts.failed_count, counts.request_count, slo.errors.share)
        is_within = counts.failed_count / counts.request_count <= slo.errors.share
        verdicts.append(StepVerdict.PASS if verdict is StepVerdict.UNDECIDED and is_within else verdict)
    if StepVerdict.FAIL in verdicts:
        return StepVerdict.FAIL
    return StepVerdict.UNDECIDED if StepVerdict.UNDECIDED in verdicts else StepVerdict.PASS


def _judge_share(count: int, total: int, limit: float) -> StepVerdict:
    interval = clopper_pearson(count, total, CONFIDENCE)
    if interval.low > limit:
        return StepVerdict.FAIL
    return StepVerdict.PASS if interval.high <= limit else StepVerdict.UNDECIDED


def requests_needed(slo: Slo) -> int:
    """Return how many requests a step needs: twice what passes with none over the limit, 144 for a p95."""
    alone = max(math.log((1 - CONFIDENCE) / 2) / math.log(limit.q) for limit in slo.latency)
    return 2 * math.ceil(alone)


def capacity_estimate(brackets: list[Bracket]) -> Interval | None:
    """Return the capacity over rounds: the Hodges-Lehmann estimate of the brackets' middles on a log scale.

    The interval reaches from the lowest rate that held to the highest that did not, over all rounds.

    Returns:
        None for fewer than LEAST_ROUNDS rounds, or when one of them found no bracket.
    """
    known = [(b.low, b.high) for b in brackets if b.low is not None and b.high is not None]
    if len(known) < max(LEAST_ROUNDS, len(brackets)):
        return None
    middles = [math.log(low * high) / 2 for low, high in known]
    return Interval(
        value=math.exp(hodges_lehmann(middles)),
        low=min(low for low, _ in known),
        high=max(high for _, high in known),
    )


def capacity_change(before: Interval, after: Interval) -> Interval:
    """Return the change in percent of before; its interval holds every pair of the two intervals."""
    return Interval(
        value=100 * (after.value / before.value - 1),
        low=100 * (after.low / before.high - 1),
        high=100 * (after.high / before.low - 1),
    )


def latency_knee(rates: list[float], latencies_ms: list[float]) -> float | None:
    """Return the rate at which latency is twice that of the lowest rate, on straight log-log lines.

    Args:
        rates: rising.
        latencies_ms: of the same length.

    Returns:
        None when it never doubles, or for fewer than two rates.
    """
    if len(rates) < 2 or latencies_ms[0] <= 0:
        return None
    limit = 2 * latencies_ms[0]
    points = list(zip(rates, latencies_ms, strict=True))
    for (rate, latency), (next_rate, next_latency) in pairwise(points):
        if next_latency >= limit:
            way = math.log(limit / latency) / math.log(next_latency / latency)
            return float(rate * (next_rate / rate) ** way)
    return None
