"""What must come out: order statistics, and a queue with one worker."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats


def quantile_ms(durations_ns: Iterable[int], q: float) -> float:
    """Return the smallest value that a share q does not exceed, in milliseconds."""
    ordered = sorted(durations_ns)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] / 1e6


def rank_interval(count: int, q: float, confidence: float = 0.999) -> tuple[float, float]:
    """Return the shares between which the sample's q-quantile lies in the population, exactly (binomial)."""
    tail = (1 - confidence) / 2
    rank = math.ceil(q * count)
    return (
        float(stats.beta.ppf(tail, rank, count + 1 - rank)),
        float(stats.beta.ppf(1 - tail, rank, count + 1 - rank)),
    )


def lognormal_ms(share: float, *, median_ms: float, sigma: float) -> float:
    """Return a quantile of the lognormal distribution."""
    return median_ms * math.exp(sigma * float(stats.norm.ppf(share)))


def completions_ns(jobs: Sequence[tuple[int, int]]) -> list[int]:
    """Return when one worker completes each job (arrival, service), in order of arrival (Lindley)."""
    done, free_ns = [], 0
    for arrived_ns, service_ns in jobs:
        free_ns = max(arrived_ns, free_ns) + service_ns
        done.append(free_ns)
    return done


def median_ms(durations_ns: Iterable[int]) -> float:
    """Return the median in milliseconds."""
    return float(np.median(list(durations_ns))) / 1e6
