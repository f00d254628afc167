"""Counts are exact: their interval is the range that the rounds showed, and it holds no chance.

Of things that exist, services or indexes, each round counts all again: the range is from the fewest to the
most. Of things that happen, wrong answers for one, the rounds add up.
"""

import numpy as np

from harness.stats.signed_rank import FloatArray, Interval


def count_level(counts: FloatArray, *, is_total: bool) -> Interval:
    """Return the level of one variant's counts, one a round.

    Args:
        counts: at least one.
        is_total: add the rounds up; else the value is their median and the interval their range.
    """
    seen = np.array([counts.sum()]) if is_total else counts
    return Interval(value=float(np.median(seen)), low=float(seen.min()), high=float(seen.max()))


def count_change(befores: FloatArray, afters: FloatArray, *, is_total: bool) -> Interval | None:
    """Return the change in percent of before; None where before counted nothing and after something."""
    if is_total:
        befores, afters = np.array([befores.sum()]), np.array([afters.sum()])
    if np.array_equal(befores, afters):
        return Interval(value=0.0, low=0.0, high=0.0)
    if not np.all(befores > 0):
        return None
    changes = 100 * (afters - befores) / befores
    return Interval(value=float(np.median(changes)), low=float(changes.min()), high=float(changes.max()))
