"""Points for charts: few enough to draw, each one true."""

from dataclasses import dataclass

import numpy as np

from harness.stats.columns import Columns, FloatArray
from harness.stats.percentiles import quantile

ECDF_POINTS = 300
"""No line of the report has more points."""

WINDOW_S = 5.0
"""A slice up to so long is one window of the chart over time; a longer one is cut into about such parts."""

_FEWEST = {0.50: 10, 0.95: 20}
"""Requests that a window needs before a point is drawn. A point over time illustrates and decides nothing, so
p95 may rest on a single request beyond it; verdicts ask for five in each round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecdf:
    """Points of an empirical distribution function: a share of all values is at most x."""

    x_ms: tuple[float, ...]
    share: tuple[float, ...]


def ecdf(values_ms: FloatArray) -> Ecdf:
    """Return at most ECDF_POINTS points of the distribution, denser towards both tails; of no values none."""
    count = values_ms.size
    if count == 0:
        return Ecdf(x_ms=(), share=())
    ordered = np.sort(values_ms)
    ranks = _ranks(count)
    is_last_of_tie = np.append(ordered[ranks[1:] - 1] != ordered[ranks[:-1] - 1], True)
    ranks = ranks[is_last_of_tie]
    # A rank inside a run of equal values would understate the share: take the run's end.
    ranks = np.searchsorted(ordered, ordered[ranks - 1], side="right")
    return Ecdf(x_ms=tuple(ordered[ranks - 1].tolist()), share=tuple((ranks / count).tolist()))


def _ranks(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return rising ranks from 1 to `count`: all of them, or log-spaced ones towards both ends."""
    if count <= ECDF_POINTS:
        return np.arange(1, count + 1)
    body = np.linspace(1, count, ECDF_POINTS // 2)
    tail = np.geomspace(1, count / 2, ECDF_POINTS // 4)
    return np.unique(np.concatenate((body, tail, count + 1 - tail)).round().astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one short stretch of one slice showed; None where too few requests were answered well."""

    at_ns: int
    """The middle of the window on the generator's clock."""
    p50_ms: float | None
    p95_ms: float | None
    request_count: int
    """Requests that should have been sent in the window, failed ones too."""


def windows(columns: Columns, *, started_ns: int, duration_s: float) -> tuple[Window, ...]:
    """Cut one slice into windows by the moment at which a request should have been sent.

    Steps that follow after the planned end of the slice count in its last window.
    """
    count = max(1, round(duration_s / WINDOW_S))
    length_ns = duration_s * 1e9 / count
    position = np.clip((columns.scheduled_ns - started_ns) // length_ns, 0, count - 1).astype(np.int64)
    response_ms = columns.response_ms
    return tuple(
        _window(
            int(started_ns + (index + 0.5) * length_ns),
            response_ms[(position == index) & ~columns.is_failed],
            int(np.count_nonzero(position == index)),
        )
        for index in range(count)
    )


def _window(at_ns: int, values_ms: FloatArray, request_count: int) -> Window:
    p50, p95 = (quantile(values_ms, q) if values_ms.size >= fewest else None for q, fewest in _FEWEST.items())
    return Window(at_ns=at_ns, p50_ms=p50, p95_ms=p95, request_count=request_count)
