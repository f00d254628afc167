"""Hodges-Lehmann estimate and exact Wilcoxon signed-rank interval over rounds.

The interval is made of order statistics of the Walsh averages (Hollander, Wolfe, Chicken: Nonparametric
Statistical Methods, 3rd edition, section 3.3, doi 10.1002/9781119196037). It holds its error rate at any
number of rounds without normality. All it assumes is that a round is as likely to lie some way above the
centre as the same way below it: for two equal builds the coin that gives them their places makes that true.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its interval; `low <= value <= high`."""

    value: float
    low: float
    high: float


def walsh_averages(values: npt.ArrayLike) -> FloatArray:
    """Return the n(n+1)/2 averages of all pairs of `values`, each with itself too, in rising order."""
    sample = np.asarray(values, dtype=np.float64)
    first, second = np.triu_indices(sample.size)
    return np.sort((sample[first] + sample[second]) / 2)


def hodges_lehmann(values: npt.ArrayLike) -> float:
    """Return the median of the Walsh averages; one value is its own estimate.

    Raises:
        ValueError: `values` is empty.
    """
    averages = walsh_averages(values)
    if averages.size == 0:
        raise ValueError("no values have no centre")
    return float(np.median(averages))


def interval_rank(round_count: int, confidence: float) -> int:
    """Return k: the interval runs from the k-th smallest to the k-th largest Walsh average.

    k is the largest rank with P(W <= k - 1) <= (1 - confidence) / 2 under the exact null distribution of the
    signed-rank statistic W. 0: so few rounds cannot give that confidence.
    """
    tail = (1 - confidence) / 2
    # A hair of room: 1 - 0.9 is 0.09999999999999998, and what equals the tail that was meant must still fit.
    limit = tail * 2**round_count * (1 + 1e-12)
    below = 0
    for k, ways in enumerate(_null_counts(tuple(range(1, round_count + 1)))):
        below += ways
        if below > limit:
            return k
    raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")


def rounds_needed(confidence: float) -> int:
    """Return the smallest number of rounds that can give an interval: 6 for 95 %, 5 for 90 %, 8 for 99 %."""
    return math.ceil(1 - math.log2(1 - confidence) - 1e-9)


def signed_rank_interval(values: npt.ArrayLike, confidence: float) -> Interval | None:
    """Return the Hodges-Lehmann estimate of `values` with its exact interval.

    Ties make the interval cautious, never too short; equal values give one of no width.

    Returns:
        None when there are fewer values than `rounds_needed(confidence)`.
    """
    averages = walsh_averages(values)
    rank = interval_rank(np.asarray(values).size, confidence)
    if rank == 0:
        return None
    return Interval(
        value=float(np.median(averages)), low=float(averages[rank - 1]), high=float(averages[-rank])
    )


def signed_rank_p(values: npt.ArrayLike) -> float:
    """Return the exact two-sided p-value of "the centre is 0".

    Zeros are left out, as Wilcoxon did; ties share their mean rank, the distribution is that of the shared
    ranks. Nothing left: 1.
    """
    sample = np.asarray(values, dtype=np.float64)
    sample = sample[sample != 0]
    if sample.size == 0:
        return 1.0
    ranks = _doubled_ranks(np.abs(sample))
    statistic = int(ranks[sample > 0].sum())
    counts = _null_counts(tuple(sorted(int(rank) for rank in ranks)))
    tail = min(sum(counts[: statistic + 1]), sum(counts[statistic:]))
    return min(1.0, float(2 * tail / 2 ** len(sample)))


def _doubled_ranks(magnitudes: FloatArray) -> npt.NDArray[np.int64]:
    """Return twice the rank of each magnitude, so that the mean rank of a tie is a whole number too."""
    _, group, size = np.unique(magnitudes, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    return np.asarray((2 * last - size + 1)[group], dtype=np.int64)


@cache
def _null_counts(ranks: tuple[int, ...]) -> tuple[int, ...]:
    """Return in how many of the 2**n ways of signing `ranks` the positive ones add up to 0, 1, 2, ..."""
    counts = [1]
    for rank in ranks:
        shifted = [0] * rank + counts
        counts = [a + b for a, b in zip(counts + [0] * rank, shifted, strict=True)]
    return tuple(counts)
