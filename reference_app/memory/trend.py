"""Slope of a line through noisy points, with its interval: Theil-Sen (doi 10.1080/01621459.1968.10480934)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A slope with its 95 % interval, which takes samples as independent: neighbours make it narrow."""

    value: float
    low: float
    high: float


def slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Return the median slope of all pairs of points; None where fewer than three of them have one."""
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2)
    if len(slopes) < 3:
        return None
    count = len(points)
    spread = _NORMAL_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    rank = max(0, math.floor((len(slopes) - spread) / 2))
    return Slope(value=median(slopes), low=slopes[rank], high=slopes[-1 - rank])
