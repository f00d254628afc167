"""The Universal Scalability Law: throughput against concurrency, fitted by bounded least squares.

X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)), N. J. Gunther (arXiv 0808.1431): lambda is the
throughput of one request at a time, sigma what queues (contention), kappa what must be agreed (coherency).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.signed_rank import Interval

LEAST_POINTS = 4
"""Three parameters and one point more."""
LEAST_SPREAD = 2.0
"""The largest concurrency must be at least so many times the smallest."""
LEAST_ROUNDS = 3
BOOTSTRAPS = 200
_MOST_STEPS = 200
_STARTS = ((0.0, 0.0), (0.1, 1e-3), (0.5, 1e-2), (0.9, 1e-4))

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One step: mean requests under way, and answers a second."""

    concurrency: float
    throughput: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usl:
    """A fitted law; `sigma` lies from 0 to 1, `kappa` is at least 0."""

    rate: float
    """Lambda."""
    sigma: float
    kappa: float

    def throughput(self, concurrency: float) -> float:
        """Return X(N)."""
        n = concurrency
        return self.rate * n / (1 + self.sigma * (n - 1) + self.kappa * n * (n - 1))

    @property
    def knee(self) -> float | None:
        """The concurrency of the most throughput, sqrt((1 - sigma) / kappa); None: it never falls."""
        return math.sqrt((1 - self.sigma) / self.kappa) if self.kappa > _ZERO else None

    @property
    def peak(self) -> float | None:
        """The most throughput: at the knee, or lambda / sigma where it never falls; None: no limit seen."""
        if self.knee is not None:
            return self.throughput(max(self.knee, 1.0))
        return self.rate / self.sigma if self.sigma > _ZERO else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UslFit:
    """A law with the interval of each of its numbers, and a band around the curve."""

    law: Usl
    rate: Interval
    sigma: Interval
    kappa: Interval
    knee: Interval | None
    """None where part of the resamples never falls."""
    peak: Interval | None
    round_count: int
    band: tuple[tuple[float, float, float, float], ...]
    """Concurrency, throughput, its lower and its upper end."""


_ZERO = 1e-9


def fit_usl(points: Sequence[Point], starts: Sequence[tuple[float, float]] = _STARTS) -> Usl | None:
    """Fit the law to the logarithms of throughput, so that each point weighs by its relative error.

    Lambda follows from sigma and kappa in closed form; those two are found by projected Levenberg-Marquardt
    from several starts.

    Args:
        points: of any order.
        starts: pairs of sigma and kappa to walk from.

    Returns:
        None for fewer than LEAST_POINTS points, or when they lie too close together.
    """
    n = np.asarray([point.concurrency for point in points], dtype=np.float64)
    x = np.asarray([point.throughput for point in points], dtype=np.float64)
    is_good = (n > 0) & (x > 0)
    n, x = n[is_good], x[is_good]
    if n.size < LEAST_POINTS or n.max() / n.min() < LEAST_SPREAD:
        return None
    offsets = np.log(x / n)
    found = [_descend(n, offsets, np.asarray(start)) for start in starts]
    best = min(found, key=lambda parameters: _cost(n, offsets, parameters))
    log_rate = float(np.mean(offsets + np.log(_denominator(n, best))))
    return Usl(rate=math.exp(log_rate), sigma=float(best[0]), kappa=float(best[1]))


def fit_with_interval(rounds: Sequence[Sequence[Point]], *, confidence: float, seed: int) -> UslFit | None:
    """Fit all rounds together; intervals are percentiles over resamples of whole rounds.

    With few rounds a bootstrap is short of variety: its intervals are indicative.

    Args:
        rounds: the points of each round.
        confidence: of the intervals.
        seed: equal seeds give equal intervals.

    Returns:
        None for fewer than LEAST_ROUNDS rounds, or where the points support no fit.
    """
    law = fit_usl([point for one in rounds for point in one])
    if law is None or len(rounds) < LEAST_ROUNDS:
        return None
    resamples = _resample(rounds, law, np.random.default_rng(seed))
    if len(resamples) < BOOTSTRAPS // 2:
        return None
    grid = _grid([point.concurrency for one in rounds for point in one])
    return UslFit(
        law=law,
        rate=_interval(law.rate, [one.rate for one in resamples], confidence),
        sigma=_interval(law.sigma, [one.sigma for one in resamples], confidence),
        kappa=_interval(law.kappa, [one.kappa for one in resamples], confidence),
        knee=_optional_interval(law.knee, [one.knee for one in resamples], confidence),
        peak=_optional_interval(law.peak, [one.peak for one in resamples], confidence),
        round_count=len(rounds),
        band=tuple(_band_point(law, resamples, n, confidence) for n in grid),
    )


def _resample(rounds: Sequence[Sequence[Point]], law: Usl, rng: np.random.Generator) -> list[Usl]:
    """Fit BOOTSTRAPS draws of rounds; of few rounds few draws differ, and each is fitted once."""
    starts = [(law.sigma, law.kappa), _STARTS[1]]
    draws = [tuple(sorted(rng.integers(len(rounds), size=len(rounds)))) for _ in range(BOOTSTRAPS)]
    fits = {
        draw: fit_usl([point for index in draw for point in rounds[index]], starts) for draw in set(draws)
    }
    return [fit for draw in draws if (fit := fits[draw]) is not None]


def _grid(concurrency: list[float]) -> list[float]:
    known = [n for n in concurrency if n > 0]
    return [float(n) for n in np.geomspace(min(known), max(known), 40)]


def _band_point(
    law: Usl, resamples: list[Usl], n: float, confidence: float
) -> tuple[float, float, float, float]:
    interval = _interval(law.throughput(n), [one.throughput(n) for one in resamples], confidence)
    return n, interval.value, interval.low, interval.high


def _interval(value: float, resampled: list[float], confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def _optional_interval(
    value: float | None, resampled: list[float | None], confidence: float
) -> Interval | None:
    known = [one for one in resampled if one is not None]
    if value is None or len(known) < len(resampled):
        return None
    return _interval(value, known, confidence)


def _denominator(n: FloatArray, parameters: FloatArray) -> FloatArray:
    value: FloatArray = 1 + parameters[0] * (n - 1) + parameters[1] * n * (n - 1)
    return np.maximum(value, _ZERO)


def _residuals(n: FloatArray, offsets: FloatArray, parameters: FloatArray) -> FloatArray:
    residual = offsets + np.log(_denominator(n, parameters))
    return np.asarray(residual - residual.mean(), dtype=np.float64)


def _cost(n: FloatArray, offsets: FloatArray, parameters: FloatArray) -> float:
    residual = _residuals(n, offsets, parameters)
    return float(residual @ residual)


def _descend(n: FloatArray, offsets: FloatArray, parameters: FloatArray) -> FloatArray:
    """Walk downhill within the bounds until a step no longer helps."""
    damping, cost = 1e-3, _cost(n, offsets, parameters)
    for _ in range(_MOST_STEPS):
        slopes = np.column_stack((n - 1, n * (n - 1))) / _denominator(n, parameters)[:, None]
        slopes = slopes - slopes.mean(axis=0)
        normal = slopes.T @ slopes
        downhill = -slopes.T @ _residuals(n, offsets, parameters)
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + _ZERO), downhill)
        tried = np.clip(parameters + step, 0.0, 1.0)
        tried_cost = _cost(n, offsets, tried)
        if tried_cost < cost:
            is_settled = cost - tried_cost <= 1e-9 * cost + 1e-18
            parameters, cost, damping = tried, tried_cost, damping / 5
            if is_settled:
                break
        else:
            damping *= 5
            if damping > 1e9:
                break
    return parameters
