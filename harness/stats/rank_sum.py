"""Shift between two groups of rounds that share nothing, with its exact rank-sum interval.

The interval is made of order statistics of all differences (Hollander, Wolfe, Chicken: Nonparametric
Statistical Methods, 3rd edition, section 4.3, doi 10.1002/9781119196037). It assumes that the two groups
differ by nothing but the shift: what else changed between two runs is part of it.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from harness.stats.signed_rank import Interval


def rank_sum_interval(first: npt.ArrayLike, second: npt.ArrayLike, confidence: float) -> Interval | None:
    """Return how far `second` lies above `first`, as the median of all differences, with its interval.

    Returns:
        None when there are too few values for the confidence; 95 % needs 4 of each, or 3 and 5.
    """
    ones, twos = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    rank = _interval_rank(ones.size, twos.size, confidence)
    if rank == 0:
        return None
    differences = np.sort((twos[:, None] - ones[None, :]).ravel())
    return Interval(
        value=float(np.median(differences)),
        low=float(differences[rank - 1]),
        high=float(differences[-rank]),
    )


def _interval_rank(first: int, second: int, confidence: float) -> int:
    """Return k: the largest rank with P(U <= k - 1) <= (1 - confidence) / 2; 0 if there is none."""
    counts = _null_counts(first, second)
    limit = (1 - confidence) / 2 * sum(counts) * (1 + 1e-12)
    below = 0
    for k, ways in enumerate(counts):
        below += ways
        if below > limit:
            return k
    return 0


@cache
def _null_counts(first: int, second: int) -> tuple[int, ...]:
    """Return in how many orders of both groups the statistic U is 0, 1, 2, ...

    The last of an order belongs to one group or the other (Mann and Whitney 1947, doi
    10.1214/aoms/1177730491): N(u; m, n) = N(u - n; m - 1, n) + N(u; m, n - 1).
    """
    if first == 0 or second == 0:
        return (1,)
    ends_in_first = (0,) * second + _null_counts(first - 1, second)
    ends_in_second = _null_counts(first, second - 1)
    length = max(len(ends_in_first), len(ends_in_second))
    padded = (counts + (0,) * (length - len(counts)) for counts in (ends_in_first, ends_in_second))
    return tuple(a + b for a, b in zip(*padded, strict=True))
