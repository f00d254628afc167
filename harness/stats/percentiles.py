"""The one place where a percentile is computed.

The q-quantile is the smallest observed value that at least a share q of the samples do not exceed: the
inverted empirical distribution function, definition 1 of Hyndman and Fan (1996,
doi 10.1080/00031305.1996.10473566). Nothing is interpolated: the answer is always a time that some user
really waited, it never lies between two modes where nobody was, ties need no rule, and two tools that hold
the same rows cannot disagree about it.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

SAMPLES_IN_TAIL = 5
"""A quantile is resolvable when so many samples are expected beyond it in each round (docs/adr/0006)."""

QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
"""The percentiles that are measured, by the name of their statistic."""

STAT_QUANTILES = {
    **QUANTILES, "p50_typical": 0.50, "p95_typical": 0.95, "p50_calm": 0.50, "p95_calm": 0.95,
}  # fmt: skip
"""Those of parts of a round's load too: the median over its slices, and its calm couples alone."""


def quantile(values: npt.ArrayLike, q: float) -> float:
    """Return the smallest of `values` that at least a share `q` of them do not exceed.

    One value is every quantile of itself; ties are the quantile like any value; q = 0 is the smallest, q = 1
    the largest.

    Raises:
        ValueError: `values` is empty or holds a NaN, or `q` is not in [0, 1].
    """
    return quantiles(values, (q,))[0]


def quantiles(values: npt.ArrayLike, qs: Sequence[float]) -> tuple[float, ...]:
    """Return several quantiles of `values` in one pass; see `quantile`."""
    sample = np.asarray(values)
    if sample.size == 0:
        raise ValueError("no values have no quantile")
    if np.isnan(sample).any():
        raise ValueError("a NaN has no place in an order")
    ranks = [_rank(sample.size, q) for q in qs]
    ordered = np.partition(sample, sorted({rank - 1 for rank in ranks}))
    return tuple(float(ordered[rank - 1]) for rank in ranks)


def samples_needed(q: float) -> int:
    """Return how many samples a round needs for its `q`-quantile: 10 for p50, 100 for p95, 500 for p99."""
    share = _as_written(q)
    tail = min(share, 1 - share)
    if tail <= 0:
        raise ValueError(f"the smallest and the largest value are never resolvable, got q = {q}")
    return math.ceil(SAMPLES_IN_TAIL / tail)


def is_resolvable(sample_count: int, q: float) -> bool:
    """Tell whether `sample_count` samples in a round are enough to speak of their `q`-quantile."""
    return sample_count >= samples_needed(q)


def _rank(count: int, q: float) -> int:
    return max(1, math.ceil(_as_written(q) * count))


def _as_written(q: float) -> Fraction:
    """Return `q` as the decimal that was meant: 0.07 x 100 is 7, not 7.000000000000001, which is 8."""
    share = Fraction(repr(float(q)))
    if not 0 <= share <= 1:
        raise ValueError(f"a quantile is a share from 0 to 1, got {q}")
    return share
