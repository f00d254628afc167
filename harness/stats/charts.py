"""Points for charts: few enough to draw, each one true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.stats.columns import BoolArray, Columns, FloatArray, IntArray, ProcessReadings
from harness.stats.measure import WHOLE_MIX
from harness.stats.percentiles import SAMPLES_IN_TAIL, is_resolvable, quantile, quantiles
from harness.stats.signed_rank import Interval, rounds_needed, signed_rank_interval

ECDF_POINTS = 300
"""No line of the report has more points."""

WINDOW_S = 5.0
"""A slice up to so long is one window of the chart over time; a longer one is cut into about such parts."""

SHIFT_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Where in the distribution a change is told."""

HEAT_COLUMNS = 24
HEAT_BANDS = 18
"""The most cells of a heat map: more cannot be told apart in print."""

_BANDS_A_DECADE = 8
_LOWEST_MS, _HIGHEST_MS = 1e-2, 1e5
"""What lies beyond counts in the first or last band."""

RESOURCE_POINTS = 60
"""Of each variant in each round."""

_FEWEST = {0.50: 10, 0.95: 20, 0.99: 100}
"""Requests that a window needs before a point is drawn. A point over time illustrates and decides nothing, so
p95 may rest on a single request beyond it; verdicts ask for five in each round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecdf:
    """Points of an empirical distribution function: a share of all values is at most x."""

    x_ms: tuple[float, ...]
    share: tuple[float, ...]
    sample_count: int
    resolvable_share: float
    """Above it too few samples lie beyond to say anything of the tail."""


def ecdf(values_ms: FloatArray, *, round_count: int = 1) -> Ecdf:
    """Return at most ECDF_POINTS points of the distribution, denser towards both tails; of no values none.

    Args:
        values_ms: of all rounds together.
        round_count: how many rounds they are of; each needs SAMPLES_IN_TAIL samples in the tail.
    """
    count = values_ms.size
    if count == 0:
        return Ecdf(x_ms=(), share=(), sample_count=0, resolvable_share=0.0)
    ordered = np.sort(values_ms)
    ranks = _ranks(count)
    is_last_of_tie = np.append(ordered[ranks[1:] - 1] != ordered[ranks[:-1] - 1], True)
    ranks = ranks[is_last_of_tie]
    # A rank inside a run of equal values would understate the share: take the run's end.
    ranks = np.searchsorted(ordered, ordered[ranks - 1], side="right")
    return Ecdf(
        x_ms=tuple(ordered[ranks - 1].tolist()),
        share=tuple((ranks / count).tolist()),
        sample_count=count,
        resolvable_share=max(0.0, 1 - SAMPLES_IN_TAIL * round_count / count),
    )


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
    p99_ms: float | None
    request_count: int
    """Requests that should have been sent in the window, failed ones too."""
    failed_count: int
    length_s: float
    in_flight: float
    """Requests under way at the same time, the mean over the window."""


def windows(columns: Columns, *, started_ns: int, duration_s: float) -> tuple[Window, ...]:
    """Cut one slice into windows by the moment at which a request should have been sent.

    Steps that follow after the planned end of the slice count in its last window.
    """
    count = window_count(duration_s)
    length_ns = duration_s * 1e9 / count
    position = _positions(columns, started_ns, count, length_ns)
    response_ms = columns.response_ms
    return tuple(
        _window(
            columns,
            response_ms,
            position == index,
            span_ns=(int(started_ns + index * length_ns), int(started_ns + (index + 1) * length_ns)),
        )
        for index in range(count)
    )


def window_count(duration_s: float) -> int:
    """Return into how many windows a slice is cut."""
    return max(1, round(duration_s / WINDOW_S))


def _positions(columns: Columns, started_ns: int, count: int, length_ns: float) -> IntArray:
    """Return the window of each request, by the moment at which it should have been sent."""
    window: IntArray = np.clip((columns.scheduled_ns - started_ns) // length_ns, 0, count - 1).astype(
        np.int64
    )
    return window


def _window(
    columns: Columns, response_ms: FloatArray, is_inside: BoolArray, *, span_ns: tuple[int, int]
) -> Window:
    good_ms = response_ms[is_inside & ~columns.is_failed]
    p50, p95, p99 = (
        quantile(good_ms, q) if good_ms.size >= fewest else None for q, fewest in _FEWEST.items()
    )
    start, end = span_ns
    under_way_ns = np.clip(
        np.minimum(columns.finished_ns, end) - np.maximum(columns.sent_ns, start), 0, None
    ).sum()
    return Window(
        at_ns=(start + end) // 2,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        request_count=int(np.count_nonzero(is_inside)),
        failed_count=int(np.count_nonzero(is_inside & columns.is_failed)),
        length_s=(end - start) / 1e9,
        in_flight=float(under_way_ns / (end - start)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPoint:
    """How much one quantile changed, in percent of before."""

    share: float
    change: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Where in the distribution a change sits."""

    points: tuple[ShiftPoint, ...]
    is_simultaneous: bool
    """All intervals hold together with the confidence; otherwise each by itself."""


def shift_function(
    befores: Sequence[FloatArray], afters: Sequence[FloatArray], *, confidence: float
) -> Shift:
    """Compare quantile by quantile, each by its log ratios over rounds.

    The intervals are widened to hold together (Bonferroni) where there are rounds enough for it.

    Args:
        befores: response times of each round, in milliseconds.
        afters: those of the other variant, in the same order.
        confidence: of all intervals together, or else of each.

    Returns:
        The quantiles that every round can resolve on both sides; none with too few rounds.
    """
    shares = [
        share for share in SHIFT_SHARES if all(is_resolvable(v.size, share) for v in (*befores, *afters))
    ]
    if not shares or len(befores) < rounds_needed(confidence):
        return Shift(points=(), is_simultaneous=False)
    strict = 1 - (1 - confidence) / len(shares)
    is_simultaneous = len(befores) >= rounds_needed(strict)
    levels = [np.asarray([quantiles(v, shares) for v in side]) for side in (befores, afters)]
    if not all(np.all(side > 0) for side in levels):
        return Shift(points=(), is_simultaneous=False)
    log_ratios = np.log(levels[1] / levels[0])
    return Shift(
        points=tuple(
            _shift_point(share, log_ratios[:, index], strict if is_simultaneous else confidence)
            for index, share in enumerate(shares)
        ),
        is_simultaneous=is_simultaneous,
    )


def _shift_point(share: float, log_ratios: FloatArray, confidence: float) -> ShiftPoint:
    found = signed_rank_interval(log_ratios, confidence)
    if found is None:
        raise AssertionError(f"{log_ratios.size} rounds were let through for {confidence}")
    low, value, high = (100 * float(np.expm1(end)) for end in (found.low, found.value, found.high))
    return ShiftPoint(share=share, change=Interval(value=value, low=low, high=high))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """How many good requests took how long, when: `counts[column][band]`."""

    edges_s: tuple[float, ...]
    """Seconds of load on the variant, its slices one after another; one more than there are columns."""
    edges_ms: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


def heat_counts(columns: Columns, *, started_ns: int, duration_s: float) -> dict[str, IntArray]:
    """Count one slice's good requests by window and latency band, for the whole mix and each endpoint.

    Bands are equally wide on a logarithmic scale, from 0.01 ms to 100 s.
    """
    count = window_count(duration_s)
    position = _positions(columns, started_ns, count, duration_s * 1e9 / count)
    edges = _band_edges_ms()
    bands = edges.size - 1
    band = np.clip(np.searchsorted(edges, columns.response_ms, side="right") - 1, 0, bands - 1)
    cell = position * bands + band

    def counted(rows: BoolArray) -> IntArray:
        return np.bincount(cell[rows], minlength=count * bands).reshape(count, bands)

    is_good = ~columns.is_failed
    by_endpoint = {
        word: counted((columns.endpoint.codes == code) & is_good)
        for code, word in enumerate(columns.endpoint.words)
    }
    return {WHOLE_MIX: counted(is_good), **by_endpoint}


def heat_map(slices: Sequence[IntArray], *, window_s: Sequence[float]) -> HeatMap:
    """Put slices side by side, and windows and bands together until there are few enough.

    Args:
        slices: what `heat_counts` gave for one endpoint, in time order.
        window_s: length of a window of each slice.
    """
    counts = np.concatenate(slices) if slices else np.zeros((0, 1), dtype=np.int64)
    lengths = np.repeat(np.asarray(window_s, dtype=np.float64), [len(part) for part in slices])
    used = np.flatnonzero(counts.sum(axis=0))
    if used.size == 0:
        return HeatMap(edges_s=(), edges_ms=(), counts=())
    counts = counts[:, used[0] : used[-1] + 1]
    edges_ms = _band_edges_ms()[used[0] : used[-1] + 2]
    columns = np.arange(0, len(counts), -(-len(counts) // HEAT_COLUMNS))
    bands = np.arange(0, counts.shape[1], -(-counts.shape[1] // HEAT_BANDS))
    merged = np.add.reduceat(np.add.reduceat(counts, columns, axis=0), bands, axis=1)
    ends = np.concatenate(([0.0], np.cumsum(lengths)))
    return HeatMap(
        edges_s=(*ends[columns].tolist(), float(ends[-1])),
        edges_ms=(*edges_ms[bands].tolist(), float(edges_ms[-1])),
        counts=tuple(tuple(row) for row in merged.tolist()),
    )


def _band_edges_ms() -> FloatArray:
    decades = round(np.log10(_HIGHEST_MS / _LOWEST_MS))
    return np.geomspace(_LOWEST_MS, _HIGHEST_MS, decades * _BANDS_A_DECADE + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLine:
    """What a server took over one round; None where the machine did not say."""

    at_ns: tuple[int, ...]
    uss_mib: tuple[float | None, ...]
    cpu_cores: tuple[float | None, ...]
    """CPU seconds a second since the point before."""


def resource_line(readings: ProcessReadings) -> ResourceLine:
    """Choose at most RESOURCE_POINTS looks, evenly; fewer than two looks give none."""
    count = readings.at_ns.size
    if count < 2:
        return ResourceLine(at_ns=(), uss_mib=(), cpu_cores=())
    kept = np.unique(np.linspace(0, count - 1, min(count, RESOURCE_POINTS + 1)).round().astype(np.int64))
    at_ns = readings.at_ns[kept]
    cores = np.diff(readings.cpu_s[kept]) / (np.diff(at_ns) / 1e9)
    return ResourceLine(
        at_ns=tuple(at_ns[1:].tolist()),
        uss_mib=tuple(_known(readings.uss_bytes[kept][1:] / 2**20)),
        cpu_cores=tuple(_known(cores)),
    )


def _known(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
