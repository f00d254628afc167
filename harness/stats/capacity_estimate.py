"""From all steps of all rounds to one capacity with its interval.

A single step near the limit proves little: its requests queue behind each other, and of several rates that
are a little too high one passes by luck. So the value comes from a logistic curve through the shares of all
steps, and the interval holds both what that curve says over resampled steps and what the searches' brackets
say, and one step of the grid below. docs/adr/0009 shows how often it holds the truth of a known queue.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.stats.capacity import GRID_STEPS_PER_DOUBLING, LEAST_ROUNDS, Bracket
from harness.stats.columns import FloatArray
from harness.stats.signed_rank import Interval, hodges_lehmann

RESAMPLES = 200
LEAST_BETWEEN = 6
"""So many steps must have some requests over the limit and not nearly all, else there is no slope to fit."""
_NEARLY_ALL = 0.9
_TAIL = 0.05
_GRID_STEP = math.log(2) / GRID_STEPS_PER_DOUBLING
_LEAST_SLOPE = 0.3
_MOST_BEYOND = 0.35
"""A resample may lie so far beyond the brackets, in log rate: without any step there it may lie anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of one step: requests that failed or took longer than a limit, of how many."""

    rate: float
    over_count: int
    request_count: int


def estimate_capacity(
    brackets: Sequence[Bracket], shares: Sequence[Share], *, limit_share: float, seed: int
) -> Interval | None:
    """Return the rate at which `limit_share` of the requests are over the limit.

    Args:
        brackets: one a round.
        shares: of all steps.
        limit_share: 0.05 for a p95.
        seed: draws the resamples; equal seeds give equal intervals.

    Returns:
        None for fewer than LEAST_ROUNDS rounds, or when one of them found no bracket.
    """
    known = [(b.low, b.high) for b in brackets if b.low is not None and b.high is not None]
    if len(known) < max(LEAST_ROUNDS, len(brackets)):
        return None
    low = min(math.log(low) for low, _ in known)
    high = max(math.log(high) for _, high in known)
    value = hodges_lehmann([math.log(low * high) / 2 for low, high in known])
    fitted = _fitted(shares, limit_share, low, high, np.random.default_rng(seed))
    if fitted is not None:
        value = min(max(fitted.value, low - _GRID_STEP), high)
        low, high = min(low, fitted.low), max(high, fitted.high)
    return Interval(value=math.exp(value), low=math.exp(low - _GRID_STEP), high=math.exp(high))


def _fitted(
    shares: Sequence[Share], limit_share: float, low: float, high: float, rng: np.random.Generator
) -> Interval | None:
    x = np.asarray([math.log(share.rate) for share in shares])
    over = np.asarray([share.over_count for share in shares], dtype=np.float64)
    total = np.asarray([share.request_count for share in shares], dtype=np.float64)
    if ((over > 0) & (over < _NEARLY_ALL * total)).sum() < LEAST_BETWEEN:
        return None
    value = _crossing(x, over, total, limit_share)
    draws = [rng.integers(x.size, size=x.size) for _ in range(RESAMPLES)]
    crossings = [_crossing(x[draw], over[draw], total[draw], limit_share) for draw in draws]
    found = [one for one in crossings if one is not None]
    if value is None or len(found) < RESAMPLES // 2:
        return None
    ends = np.quantile(np.clip(found, low - _MOST_BEYOND, high + _MOST_BEYOND), [_TAIL, 1 - _TAIL])
    return Interval(value=value, low=float(ends[0]), high=float(ends[1]))


def _crossing(x: FloatArray, over: FloatArray, total: FloatArray, limit_share: float) -> float | None:
    """Fit logit(share) = a + b x by Newton's method, hardly ridged, and return where it meets the limit."""
    middle = float(x.mean())
    design = np.column_stack((np.ones_like(x), x - middle))
    ridge = np.diag([1e-9, 1e-2])
    beta = np.asarray([0.0, 3.0])
    for _ in range(60):
        share = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        weight = total * share * (1 - share) + 1e-9
        slope = design.T @ (over - total * share) - ridge @ beta
        step = np.clip(np.linalg.solve((design.T * weight) @ design + ridge, slope), -4, 4)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    if beta[1] < _LEAST_SLOPE:
        return None
    return middle + (math.log(limit_share / (1 - limit_share)) - float(beta[0])) / float(beta[1])
