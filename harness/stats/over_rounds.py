"""One number over all rounds: its centre with the interval."""

from collections.abc import Sequence

import numpy as np

from harness.model.measurement import Estimate
from harness.stats.signed_rank import signed_rank_interval


def over_rounds(
    values: Sequence[float | None], *, confidence: float, unit: str, sample_count: int
) -> Estimate | None:
    """Return the centre of the rounds with its interval; None if a round lacks a value or there are too few.

    Where all are positive it is that of their logarithms: rounds differ by factors.
    """
    known = np.asarray([value for value in values if value is not None], dtype=np.float64)
    if known.size < len(values):
        return None
    is_positive = bool(np.all(known > 0))
    interval = signed_rank_interval(np.log(known) if is_positive else known, confidence)
    if interval is None:
        return None
    value, low, high = (
        float(np.exp(end)) if is_positive else end for end in (interval.value, interval.low, interval.high)
    )
    return Estimate(value=value, low=low, high=high, unit=unit, sample_count=sample_count)
