"""The mean of few values with its t-interval."""

import math

import numpy as np
import numpy.typing as npt

from harness.stats.signed_rank import Interval

_BISECTIONS = 60
"""Halve the angle until a 64-bit float has no more room."""


def t_interval(values: npt.ArrayLike, confidence: float) -> Interval | None:
    """Return the mean of `values` with Student's two-sided interval; None for fewer than two values."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.size < 2:
        return None
    mean = float(np.mean(sample))
    half = t_quantile(confidence, sample.size - 1) * float(np.std(sample, ddof=1)) / math.sqrt(sample.size)
    return Interval(value=mean, low=mean - half, high=mean + half)


def t_quantile(confidence: float, degrees: int) -> float:
    """Return the t that |T| stays below with probability `confidence`.

    Raises:
        ValueError: there are no degrees of freedom, or the confidence is not inside 0 to 1.
    """
    if degrees < 1 or not 0 < confidence < 1:
        raise ValueError(f"no t for {degrees} degrees of freedom and a confidence of {confidence}")
    low, high = 0.0, math.pi / 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _share_within(middle, degrees) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def _share_within(angle: float, degrees: int) -> float:
    """Return P(|T| <= sqrt(degrees) tan(angle)) by its finite sum (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = degrees % 2
    term = cosine if is_odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + is_odd, degrees - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    return 2 / math.pi * (angle + sine * total) if is_odd else sine * total
