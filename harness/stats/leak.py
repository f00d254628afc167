"""Memory that stays after each request: one slope a repeat, an interval over repeats, a state.

Bytes a request, not bytes a second: a server leaks by what it is asked. The first half of a repeat is its
warm-up, in which caches fill. The slope of the rest is the median of the slopes between all pairs of looks
(Theil 1950; Sen, doi 10.1080/01621459.1968.10480934), which a few odd looks do not move. Looks of one process
depend on each other, so they give one number; the repeats, each a fresh process, are the observations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harness.model.memory import Checkpoint
from harness.stats.signed_rank import FloatArray, Interval
from harness.stats.student_t import t_interval

LEAST_LOOKS = 8
"""In the second half of a repeat: its two quarters have four each, which give six pairs."""
CURVE_FACTOR = 1.5
"""Growth that was so many times faster in the third quarter than in the fourth is on its way to end."""
LEAST_CURVE = 10.0
"""Bytes a request: by less than that, a curve cannot turn a healthy build into a leaking one."""
PER_REQUESTS = 1_000
"""Descriptors and threads are counted against so many requests."""


class LeakState(StrEnum):
    """What is known of a server's memory."""

    NO_LEAK = "no leak"
    LEAK = "leak"
    PRE_EXISTING = "pre-existing leak"
    """After leaks, and not more than before did."""
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What a request leaves behind, of one quantity."""

    slopes: tuple[float, ...]
    """One a repeat."""
    interval: Interval | None
    """None: it cannot be said; then the reason tells why."""
    is_curving: bool
    """The growth is about to end: something is still being filled."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakFinding:
    """A state and its reason in one sentence."""

    state: LeakState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Something that may grow, and how it is read off a look."""

    read: Callable[[Checkpoint], float | None]
    per_requests: int = 1
    least_curve: float = LEAST_CURVE


LIVE_HEAP = Quantity(read=lambda look: look.live_bytes)
USS = Quantity(read=lambda look: look.uss_bytes)
DESCRIPTORS = Quantity(read=lambda look: look.fd_count, per_requests=PER_REQUESTS, least_curve=0.0)
THREADS = Quantity(read=lambda look: look.thread_count, per_requests=PER_REQUESTS, least_curve=0.0)


def measure_growth(
    repeats: Sequence[Sequence[Checkpoint]], quantity: Quantity, *, confidence: float
) -> Growth:
    """Measure what a request leaves behind of `quantity`, with its interval over repeats."""
    lines = [_second_half(looks, quantity) for looks in repeats]
    if not lines:
        return _unknown("no repeat is whole")
    if any(line is None for line in lines):
        return _unknown("the server does not tell it")
    known = [line for line in lines if line is not None]
    shortest = min(requests.size for requests, _ in known)
    if shortest < LEAST_LOOKS:
        return _unknown(f"{shortest} looks in the second half of a repeat, a slope needs {LEAST_LOOKS}")
    slopes = tuple(quantity.per_requests * theil_sen(*line) for line in known)
    interval = t_interval(slopes, confidence)
    if interval is None:
        return Growth(
            slopes=slopes, interval=None, is_curving=False, reason="1 repeat, an interval needs at least 2"
        )
    bends = t_interval([quantity.per_requests * _bend(*line) for line in known], confidence)
    return Growth(
        slopes=slopes,
        interval=interval,
        is_curving=bends is not None and bends.low > quantity.least_curve,
    )


def added_growth(before: Growth, after: Growth, *, confidence: float) -> Growth:
    """Return what after leaves behind beyond what before does: the repeats ran both at the same time."""
    if before.interval is None or after.interval is None:
        return _unknown(before.reason or after.reason)
    slopes = tuple(b - a for a, b in zip(before.slopes, after.slopes, strict=True))
    return Growth(
        slopes=slopes,
        interval=t_interval(slopes, confidence),
        is_curving=before.is_curving or after.is_curving,
    )


def judge_alone(growth: Growth, tolerance: float) -> LeakFinding:
    """Say whether a build leaks: the whole interval lies above or below the tolerance, bytes a request."""
    interval = growth.interval
    if interval is None:
        return LeakFinding(state=LeakState.INCONCLUSIVE, reason=f"It cannot be said: {growth.reason}.")
    told = _told(interval)
    if interval.high < tolerance:
        return LeakFinding(state=LeakState.NO_LEAK, reason=f"It keeps {told}, below {tolerance:g}.")
    if growth.is_curving:
        return LeakFinding(
            state=LeakState.INCONCLUSIVE,
            reason=f"It kept {told}, but ever less: something is still being filled. Give more requests.",
        )
    if interval.low > tolerance:
        return LeakFinding(state=LeakState.LEAK, reason=f"It keeps {told}, above {tolerance:g}.")
    return LeakFinding(
        state=LeakState.INCONCLUSIVE,
        reason=f"It keeps {told}, which spans {tolerance:g}. Give more requests or repeats.",
    )


def judge_after(after: Growth, added: Growth, tolerance: float) -> LeakFinding:
    """Say whether after leaks, and whether before did already."""
    alone = judge_alone(after, tolerance)
    if alone.state is not LeakState.LEAK or added.interval is None or after.interval is None:
        return alone
    per_million = f"{after.interval.value * 1e6 / 2**20:,.0f} MiB in a million requests"
    if added.interval.high < tolerance:
        return LeakFinding(
            state=LeakState.PRE_EXISTING,
            reason=f"{alone.reason} Before did so already: after adds {_told(added.interval)}."
            f" That is {per_million}.",
        )
    known = "" if added.interval.low > tolerance else " Whether before did so already cannot be said."
    return LeakFinding(state=LeakState.LEAK, reason=f"{alone.reason} That is {per_million}.{known}")


def theil_sen(x: FloatArray, y: FloatArray) -> float:
    """Return the median slope between all pairs of points; points with the same x make no pair.

    Raises:
        ValueError: no two points differ in x.
    """
    first, second = np.triu_indices(x.size, k=1)
    run = x[second] - x[first]
    if not np.any(run):
        raise ValueError("points at one place have no slope")
    return float(np.median((y[second] - y[first])[run != 0] / run[run != 0]))


def _second_half(looks: Sequence[Checkpoint], quantity: Quantity) -> tuple[FloatArray, FloatArray] | None:
    """Return requests and values of the looks after the warm-up; None where a value is missing."""
    half = looks[-1].requests / 2 if looks else 0
    kept = [look for look in looks if look.requests >= half]
    values = [quantity.read(look) for look in kept]
    if any(value is None for value in values):
        return None
    return (
        np.asarray([look.requests for look in kept], dtype=np.float64),
        np.asarray(values, dtype=np.float64),
    )


def _bend(requests: FloatArray, values: FloatArray) -> float:
    """Return by how much the third quarter's slope exceeds CURVE_FACTOR times the fourth's."""
    middle = requests.size // 2
    third = theil_sen(requests[: middle + 1], values[: middle + 1])
    fourth = theil_sen(requests[middle:], values[middle:])
    return third - CURVE_FACTOR * fourth


def _unknown(reason: str) -> Growth:
    return Growth(slopes=(), interval=None, is_curving=False, reason=reason)


def _told(interval: Interval) -> str:
    return f"{_bytes(interval.value)} bytes a request ({_bytes(interval.low)} to {_bytes(interval.high)})"


def _bytes(value: float) -> str:
    text = f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
    return "0.0" if text == "-0.0" else text
