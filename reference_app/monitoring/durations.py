"""Durations: how long things took, counted in a fixed number of buckets however many things there are.

As in HdrHistogram (Tene), buckets widen with what they hold: each power of two seconds is cut into 32. So a
percentile is at most 1.6 % from a value that was seen, from a microsecond to two minutes.
"""

import math
from array import array
from collections.abc import Sequence
from math import frexp

CUTS = 32
_LOWEST_EXPONENT = -20
_HIGHEST_EXPONENT = 7
BUCKETS = (_HIGHEST_EXPONENT - _LOWEST_EXPONENT) * CUTS
_SHORTEST_S = 2.0**_LOWEST_EXPONENT
_LONGEST_S = 2.0**_HIGHEST_EXPONENT


class Durations:
    """Counts durations in 7 KB; what is shorter than a microsecond or longer than 128 s goes to the ends."""

    __slots__ = ("_counts", "count", "sum_s")

    def __init__(self) -> None:
        self.count = 0
        self.sum_s = 0.0
        self._counts = array("L", bytes(array("L").itemsize * BUCKETS))

    def note(self, duration_s: float) -> None:
        """Count one; half a microsecond."""
        if _SHORTEST_S <= duration_s < _LONGEST_S:
            mantissa, exponent = frexp(duration_s)  # a mantissa of 0.5 to 1: two to the exponent less one
            bucket = (exponent - 2 - _LOWEST_EXPONENT) * CUTS + int(mantissa * 2 * CUTS)
        else:
            bucket = 0 if duration_s < _SHORTEST_S else BUCKETS - 1
        self._counts[bucket] += 1
        self.count += 1
        self.sum_s += duration_s

    def percentiles_s(self, shares: Sequence[float]) -> list[float | None]:
        """Find, for rising shares, the smallest duration that each does not exceed; None of no durations."""
        if self.count == 0:
            return [None for _ in shares]
        ranks = [max(1, math.ceil(share * self.count)) for share in shares]
        found: list[float | None] = []
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            while len(found) < len(ranks) and seen >= ranks[len(found)]:
                found.append(_middle_s(bucket))
            if len(found) == len(ranks):
                break
        return found

    def cumulative(self, exponents: range) -> list[tuple[float, int]]:
        """Count the durations below powers of two seconds; exact, since these are edges of buckets."""
        ends = ((exponent, (exponent - _LOWEST_EXPONENT) * CUTS) for exponent in exponents)
        return [(2.0**exponent, sum(self._counts[:end])) for exponent, end in ends]


def _middle_s(bucket: int) -> float:
    octave, cut = divmod(bucket, CUTS)
    return math.ldexp(1 + (cut + 0.5) / CUTS, octave + _LOWEST_EXPONENT)
