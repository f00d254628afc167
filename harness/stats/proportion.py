"""Exact binomial interval of a share, for counts that may be zero."""

import math

from harness.stats.signed_rank import Interval

_BISECTIONS = 60
"""Halve [0, 1] until a 64-bit float has no more room."""


def clopper_pearson(count: int, total: int, confidence: float) -> Interval:
    """Return `count / total` with its two-sided Clopper-Pearson interval (doi 10.1093/biomet/26.4.404).

    It never covers less than `confidence`. With no event at all the upper end is about 3.7 / total at 95 %:
    what so many requests without a failure support, and no more.

    Raises:
        ValueError: `total` is not positive, or `count` is not between 0 and `total`.
    """
    if total <= 0 or not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _beta_quantile(tail, count, total - count + 1)
    high = 1.0 if count == total else _beta_quantile(1 - tail, count + 1, total - count)
    return Interval(value=count / total, low=low, high=high)


def _beta_quantile(probability: float, a: int, b: int) -> float:
    if a == 1:
        return -math.expm1(math.log1p(-probability) / b)
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _beta_distribution(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_distribution(x: float, a: int, b: int) -> float:
    """Return the regularised incomplete beta function I_x(a, b) (DLMF 8.17.22)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_distribution(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _continued_fraction(x, a, b))


def _continued_fraction(x: float, a: int, b: int) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22 by the modified Lentz method."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 200_000):
        m = step // 2
        term = (
            m * (b - m) * x / ((a + step - 1) * (a + step))
            if step % 2 == 0
            else -(a + m) * (a + b + m) * x / ((a + step - 1) * (a + step))
        )
        d = 1 / ((1 + term * d) or tiny)
        c = (1 + term / c) or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            return value
    raise ArithmeticError(f"the incomplete beta function did not settle at x = {x}, a = {a}, b = {b}")
