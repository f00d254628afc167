"""The highest rate that holds an SLO: how a step is judged, and which rate is tried next.

Rates lie on a logarithmic grid: `rate_at(8) = 2`. A search first strides up (or down) until one rate holds
and one does not, then halves what is between them. It is a value: `Search` in, `Search` out; nobody waits
and nothing is sent here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from harness.model.slo import Slo
from harness.stats.columns import BoolArray, Columns, FloatArray
from harness.stats.proportion import clopper_pearson
from harness.stats.signed_rank import Interval

GRID_STEPS_PER_DOUBLING = 8
"""The grid's step is 9 %: finer than what rounds differ by on a machine that is not quiet."""

LOWEST_INDEX = -3 * GRID_STEPS_PER_DOUBLING
HIGHEST_INDEX = 14 * GRID_STEPS_PER_DOUBLING
"""From 0.125 to 16,384 arrivals a second."""

CONFIDENCE = 0.95
"""Of a step's binomial interval, two-sided."""

MOST_AUTOCORRELATION = 0.98
"""Between neighbours; a step in which a hundred are worth one says nothing anyway."""

SHORTEST_STEP_S = 2.0
FEWEST_REQUESTS = 40
LIMITS_IN_A_STEP = 10
LIMITS_IN_A_WARM_UP = 5
"""A step lasts so many times the longest latency limit: queues need time to become what they will be."""
SHORTEST_WARM_UP_S = 1.0
LONGEST_WARM_UP_S = 5.0
LONGEST_STEP_S = 20.0

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
    effective_counts: tuple[float, ...]
    """How many independent requests these are worth, for each latency limit; see `effective_count`."""

    def __add__(self, other: "StepCounts") -> "StepCounts":
        return StepCounts(
            request_count=self.request_count + other.request_count,
            failed_count=self.failed_count + other.failed_count,
            over_counts=tuple(a + b for a, b in zip(self.over_counts, other.over_counts, strict=True)),
            effective_counts=tuple(
                a + b for a, b in zip(self.effective_counts, other.effective_counts, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stretch of load at one rate, without its warm-up."""

    variant_id: str
    round_index: int
    index: int
    """On the grid of rates."""
    counts: StepCounts
    is_generator_limited: bool
    """The generator was too slow for it; it says nothing about the server."""
    response_ms: FloatArray
    """Of good requests."""
    concurrency: float
    """Mean number of requests under way."""
    throughput: float
    """Good answers a second."""


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
    """Return the rate to try next, None when nothing is left to learn on this grid.

    A saturated generator ends the search as soon as there is a rate below it that held.
    """
    if not search.seen:
        return search.start
    low, high = search.highest_pass, search.lowest_fail
    stride = min(search.stride * 2 ** (len(search.seen) - 1), GRID_STEPS_PER_DOUBLING)
    if search.is_generator_limited:
        return _within_range(min(search.seen) - stride) if low is None else None
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


def measure_step(
    columns: Columns,
    slo: Slo,
    *,
    variant_id: str,
    round_index: int,
    index: int,
    counts_from_ns: int,
    duration_s: float,
    dropped_count: int,
    is_generator_limited: bool,
) -> Step:
    """Return what the samples of a step show.

    Args:
        columns: all samples of its slice.
        slo: says what is counted.
        variant_id: who answered.
        round_index: from 1.
        index: the rate's, on the grid.
        counts_from_ns: the end of the warm-up; requests that should have been sent before it are left out.
        duration_s: how long the load went on from there.
        dropped_count: arrivals that found no free user; each counts as a failed request.
        is_generator_limited: as the generator's report says.
    """
    counts = columns.scheduled_ns >= counts_from_ns
    in_order = np.flatnonzero(counts)[np.argsort(columns.scheduled_ns[counts], kind="stable")]
    is_good = counts & ~columns.is_failed
    window_ns = (counts_from_ns, counts_from_ns + round(duration_s * 1e9))
    under_way_ns = np.minimum(columns.finished_ns, window_ns[1]) - np.maximum(columns.sent_ns, window_ns[0])
    is_answered = (columns.finished_ns >= window_ns[0]) & (columns.finished_ns < window_ns[1])
    return Step(
        variant_id=variant_id,
        round_index=round_index,
        index=index,
        counts=count_step(
            slo,
            response_ms=columns.response_ms[in_order],
            is_failed=columns.is_failed[in_order],
            dropped_count=dropped_count,
        ),
        is_generator_limited=is_generator_limited,
        response_ms=columns.response_ms[is_good],
        concurrency=float(np.clip(under_way_ns, 0, None).sum() / 1e9 / duration_s),
        throughput=float((is_answered & ~columns.is_failed).sum() / duration_s),
    )


def count_step(slo: Slo, *, response_ms: FloatArray, is_failed: BoolArray, dropped_count: int) -> StepCounts:
    """Count requests, given in the order in which they should have been sent."""
    is_over = [
        is_failed | (response_ms >= limit.limit_ms if limit.is_strict else response_ms > limit.limit_ms)
        for limit in slo.latency
    ]
    return StepCounts(
        request_count=response_ms.size + dropped_count,
        failed_count=int(is_failed.sum()) + dropped_count,
        over_counts=tuple(int(over.sum()) + dropped_count for over in is_over),
        effective_counts=tuple(effective_count(over) + dropped_count for over in is_over),
    )


def effective_count(is_over: BoolArray) -> float:
    """Return how many independent requests a row of neighbours is worth.

    Who queues behind a slow request is slow too. For a chain whose first autocorrelation is r, the mean of n
    is as uncertain as that of n (1 - r) / (1 + r) independent values. Where all are alike, or fewer than
    three, it is n.
    """
    values = is_over.astype(np.float64)
    centred = values - values.mean() if values.size else values
    variance = float(centred @ centred)
    if values.size < 3 or variance == 0:
        return float(values.size)
    r = min(max(float(centred[1:] @ centred[:-1]) / variance, 0.0), MOST_AUTOCORRELATION)
    return max(1.0, values.size * (1 - r) / (1 + r))


def judge_repeats(slo: Slo, steps: Sequence[Step]) -> StepVerdict:
    """Judge all steps of one variant at one rate in one round together, at least one.

    Steps in which the generator was too slow take no part; where there are no others, it was the limit.
    """
    counts = [step.counts for step in steps if not step.is_generator_limited]
    if not counts:
        return StepVerdict.GENERATOR_LIMIT
    total = counts[0]
    for more in counts[1:]:
        total += more
    return judge_step(slo, total)


def search_of(slo: Slo, steps: Sequence[Step]) -> Search:
    """Return the search that these steps of one variant in one round amount to."""
    indices = sorted({step.index for step in steps})
    seen = {index: judge_repeats(slo, [step for step in steps if step.index == index]) for index in indices}
    return Search(start=indices[0] if indices else 0, seen=seen)


def judge_step(slo: Slo, counts: StepCounts) -> StepVerdict:
    """Judge a step by exact binomial intervals over as many requests as its correlated ones are worth.

    `p95 <= 400 ms` says: at most 5 % of the requests take longer. It passes when the whole Clopper-Pearson
    interval of that share lies within, fails when the whole interval lies beyond, and is undecided between. A
    step of seconds cannot prove an error share of a thousandth: an error limit fails a step when its
    interval lies beyond, leaves it undecided when what was seen lies beyond, and otherwise lets it pass; the
    error share is stated over all steps together.
    """
    if counts.request_count == 0:
        return StepVerdict.UNDECIDED
    verdicts = [
        _judge_share(over, counts.request_count, effective, 1 - limit.q)
        for limit, over, effective in zip(
            slo.latency, counts.over_counts, counts.effective_counts, strict=True
        )
    ]
    if slo.errors:
        verdict = _judge_share(
            counts.failed_count, counts.request_count, counts.request_count, slo.errors.share
        )
        is_within = counts.failed_count / counts.request_count <= slo.errors.share
        verdicts.append(StepVerdict.PASS if verdict is StepVerdict.UNDECIDED and is_within else verdict)
    if StepVerdict.FAIL in verdicts:
        return StepVerdict.FAIL
    return StepVerdict.UNDECIDED if StepVerdict.UNDECIDED in verdicts else StepVerdict.PASS


def _judge_share(count: int, total: int, effective: float, limit: float) -> StepVerdict:
    """Judge a share as if `effective` requests had shown it; what is no whole request counts as caution."""
    worth = max(1, math.floor(effective))
    scaled = count / total * worth
    if clopper_pearson(math.floor(scaled), worth, CONFIDENCE).low > limit:
        return StepVerdict.FAIL
    high = clopper_pearson(math.ceil(scaled), worth, CONFIDENCE).high
    return StepVerdict.PASS if high <= limit else StepVerdict.UNDECIDED


def step_seconds(slo: Slo, rate: float, requests_per_arrival: float) -> float:
    """Return how long a step must last: for its quantile, and for a queue to show that it grows.

    At 10 % more than a server can do, the last request waits a tenth of the step's length.
    """
    return min(
        max(
            SHORTEST_STEP_S,
            FEWEST_REQUESTS / rate,
            requests_needed(slo) / (rate * requests_per_arrival),
            LIMITS_IN_A_STEP * _longest_limit_s(slo),
            2 * warm_up_seconds(slo, rate),
        ),
        LONGEST_STEP_S,
    )


def warm_up_seconds(slo: Slo, rate: float) -> float:
    """Return how long load goes on at a step's own rate before anything counts: a queue starts empty.

    A queue with one exponential worker and a p95 at the limit L forgets its start within about rate L^2 / 2
    seconds (its relaxation time, 1 / (sqrt(mu) - sqrt(rate))^2).
    """
    limit_s = _longest_limit_s(slo)
    return min(
        max(SHORTEST_WARM_UP_S, LIMITS_IN_A_WARM_UP * limit_s, rate * limit_s**2 / 2), LONGEST_WARM_UP_S
    )


def _longest_limit_s(slo: Slo) -> float:
    return max(limit.limit_ms for limit in slo.latency) / 1e3


def requests_needed(slo: Slo) -> int:
    """Return how many requests a step needs: twice what passes with none over the limit, 144 for a p95."""
    alone = max(math.log((1 - CONFIDENCE) / 2) / math.log(limit.q) for limit in slo.latency)
    return 2 * math.ceil(alone)


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
