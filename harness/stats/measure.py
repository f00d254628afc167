"""Samples and probes of one variant in one round -> Measurements.

Latencies are those of good requests only: a failed request is in no distribution. It is not forgotten
either: `error_share` counts it, together with the arrivals that the generator had to drop.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.measurement import Measurement
from harness.stats.columns import BoolArray, Columns, FloatArray, IntArray, Names, ProcessReadings
from harness.stats.percentiles import QUANTILES, is_resolvable, quantiles

WHOLE_MIX = "*"
"""The endpoint that stands for all of them together."""

METRIC_STATS = {
    "response_time": ("p50", "p95", "p99", "p50_typical", "p95_typical", "p50_calm", "p95_calm"),
    "service_time": ("p50", "p95", "p99"),
    "unloaded_time": ("p50", "p95", "p99"),
    "db_time": ("p50", "p95", "mean"),
    "middleware_time": ("p50", "p95", "mean"),
    "query_count": ("mean",),
    "external_time": ("mean",),
    "external_calls": ("mean",),
    "slow_share": ("share",),
    "error_share": ("share",),
    "wrong_answers": ("count",),
    "achieved_rate": ("mean",),
    "memory_uss": ("last",),
    "memory_rss": ("last",),
    "cpu_time": ("mean",),
    "live_heap_slope": ("slope", "added"),
    "uss_slope": ("slope", "added"),
    "fd_slope": ("slope",),
    "thread_slope": ("slope",),
    "service_count": ("last",),
    "middleware_layers": ("last",),
    "index_count": ("last",),
    "unused_indexes": ("last",),
    "invariant_breaches": ("count",),
    "goodput": ("mean",),
    "goodput_share": ("mean",),
    "slowdown": ("p50", "p95", "p99"),
    "refused_share": ("share",),
    "refusal_time": ("p50", "p95", "p99"),
    "slow_refusals": ("share",),
    "recovery_time": ("longest",),
}
"""Which statistics of which metric are measured; a KPI may name these and no others."""

MEMORY_METRICS = ("live_heap_slope", "uss_slope", "fd_slope", "thread_slope")
"""Metrics of the memory phase: `slope` is of a build itself, `added` is after minus before."""

INTROSPECTED = ("service_count", "middleware_layers", "index_count", "unused_indexes", "invariant_breaches")
"""What server and database tell of themselves, once a round."""

FAULT_METRICS = (
    "goodput",
    "goodput_share",
    "slowdown",
    "refused_share",
    "refusal_time",
    "slow_refusals",
    "recovery_time",
)
"""Metrics of slices with faults, by phase; a recovery time without a phase is the longest of all faults."""

PHASE_STATS = {
    "response_time": ("p50", "p95", "p99"),
    "service_time": ("p50", "p95", "p99"),
    "error_share": ("share",),
    "wrong_answers": ("count",),
    **{metric: METRIC_STATS[metric] for metric in FAULT_METRICS},
}
"""What is measured of a phase."""

ROUND_STATS = {
    metric: stats
    for metric, stats in METRIC_STATS.items()
    if metric not in MEMORY_METRICS and metric not in FAULT_METRICS
}
"""What is measured of a whole round."""

SERVER_METRICS = frozenset({"memory_uss", "memory_rss", "cpu_time", *MEMORY_METRICS, *INTROSPECTED})
"""Metrics of the server as a whole; they belong to no endpoint."""

MIX_STATS = frozenset({"p50_typical", "p95_typical", "p50_calm", "p95_calm"})
"""Statistics of the whole mix alone: of one endpoint a slice has too few requests."""

MIX_METRICS = SERVER_METRICS | {"slow_share"}
"""Metrics of the whole mix alone."""

_BYTES_PER_MIB = 2**20
_MS_PER_S = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What was asked of the variant in the round: shares and rates need it beside the samples."""

    duration_s: float
    """Planned length of the counting slices together, without their drains."""
    dropped_arrivals: int
    """They have no sample and no endpoint; each counts as a failed request of the whole mix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """An order of rows in which each endpoint's rows stand together."""

    order: IntArray
    groups: tuple[tuple[str, slice | IntArray], ...]
    """Endpoint and where its rows stand in that order; the whole mix comes first, patterns last."""


def is_pattern(endpoint: str) -> bool:
    """Tell whether a KPI's endpoint means a group: `GET *` does, `*` is the whole mix and none."""
    return "*" in endpoint and endpoint != WHOLE_MIX


def group_by_endpoint(endpoint: Names, patterns: Sequence[str] = ()) -> Grouping:
    """Find the rows of each endpoint; endpoints come in alphabetical order, those without rows not at all.

    Args:
        endpoint: of each row.
        patterns: groups of endpoints that are wanted as well; `*` in one stands for anything.
    """
    # Up to 16 bits numpy sorts by radix: linear in the number of rows.
    narrow = endpoint.codes.astype(np.int16) if len(endpoint.words) < 2**15 else endpoint.codes
    ends = np.cumsum(np.bincount(endpoint.codes, minlength=len(endpoint.words)))
    starts = ends - np.bincount(endpoint.codes, minlength=len(endpoint.words))
    groups = [
        (word, slice(int(start), int(end)))
        for word, start, end in zip(endpoint.words, starts, ends, strict=True)
        if end > start
    ]
    return Grouping(
        order=np.argsort(narrow, kind="stable"),
        groups=((WHOLE_MIX, slice(None)), *sorted(groups, key=_word), *_pattern_groups(patterns, groups)),
    )


def _pattern_groups(
    patterns: Sequence[str], groups: Sequence[tuple[str, slice]]
) -> Iterator[tuple[str, IntArray]]:
    for pattern in patterns:
        known = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
        rows = [np.arange(at.start, at.stop) for word, at in groups if known.fullmatch(word)]
        if rows:
            yield pattern, np.concatenate(rows)


def measure_requests(
    columns: Columns,
    *,
    variant_id: str,
    round_index: int,
    load: Load,
    alone: Columns | None = None,
    patterns: Sequence[str] = (),
) -> tuple[Measurement, ...]:
    """Measure everything that requests tell, for the whole mix, each endpoint and each group of `patterns`.

    A percentile that too few samples support, and a metric that the server does not report, has the value
    None with the number of samples that there were.

    Args:
        columns: the samples of the round's load.
        variant_id: whose they are.
        round_index: of which round.
        load: what was asked for.
        alone: the samples of the precision part; what the server says of itself is then taken from these.
        patterns: groups of endpoints that are wanted as well.
    """
    grouping = group_by_endpoint(columns.endpoint, patterns)
    if alone is None:
        groupings = [(columns, grouping)]
        found = list(_measure_timings(columns, grouping, _LOAD_TIMINGS + _SERVER_TIMINGS))
    else:
        groupings = [(columns, grouping), (alone, group_by_endpoint(alone.endpoint, patterns))]
        found = [
            *_measure_timings(columns, grouping, _LOAD_TIMINGS),
            *_measure_timings(*groupings[1], _ALONE_TIMINGS + _SERVER_TIMINGS),
        ]
    found += [*_measure_errors(groupings, load), *_measure_rates(grouping, load)]
    return tuple(
        Measurement(
            variant_id=variant_id,
            round_index=round_index,
            endpoint=endpoint,
            metric=metric,
            stat=stat,
            value=value,
            sample_count=sample_count,
        )
        for metric, endpoint, stat, value, sample_count in found
    )


def measure_server(
    readings: ProcessReadings,
    *,
    variant_id: str,
    round_index: int,
    counting_ns: Sequence[tuple[int, int]],
    other_ns: Sequence[tuple[int, int]],
    request_count: int,
) -> tuple[Measurement, ...]:
    """Measure the server's memory at the end of the round, and its CPU time per request.

    Args:
        readings: looks at the server's processes; none at all is fine, everything is None then.
        variant_id: whose server it is.
        round_index: which round.
        counting_ns: start and end, drain included, of the variant's slices that count.
        other_ns: the same of its slices that do not (the warm-up).
        request_count: requests of the counting slices; failed ones too, they cost CPU as well.
    """
    looks = 1 if readings.at_ns.size else 0
    cpu_s = _cpu_s(readings, counting_ns, other_ns)
    found = (
        ("memory_uss", "last", _last(readings.uss_bytes) / _BYTES_PER_MIB, looks),
        ("memory_rss", "last", _last(readings.rss_bytes) / _BYTES_PER_MIB, looks),
        ("cpu_time", "mean", cpu_s * _MS_PER_S / request_count if request_count else np.nan, request_count),
    )
    return tuple(
        Measurement(
            variant_id=variant_id,
            round_index=round_index,
            endpoint=WHOLE_MIX,
            metric=metric,
            stat=stat,
            value=None if np.isnan(value) else float(value),
            sample_count=0 if np.isnan(value) else sample_count,
        )
        for metric, stat, value, sample_count in found
    )


def measure_introspection(
    counts: Mapping[str, float | None], *, variant_id: str, round_index: int
) -> tuple[Measurement, ...]:
    """Measure what server and database told of themselves; what is missing from `counts` has no value."""
    return tuple(
        Measurement(
            variant_id=variant_id,
            round_index=round_index,
            endpoint=WHOLE_MIX,
            metric=metric,
            stat=METRIC_STATS[metric][0],
            value=counts.get(metric),
            sample_count=0 if counts.get(metric) is None else 1,
        )
        for metric in INTROSPECTED
    )


_Found = tuple[str, str, str, float | None, int]
"""Metric, endpoint, statistic, value, number of samples."""


_Timings = tuple[tuple[str, Callable[[Columns], FloatArray]], ...]

_LOAD_TIMINGS: _Timings = (
    ("response_time", lambda columns: columns.response_ms),
    ("service_time", lambda columns: columns.service_ms),
)
_ALONE_TIMINGS: _Timings = (("unloaded_time", lambda columns: columns.service_ms),)
_SERVER_TIMINGS: _Timings = (
    ("db_time", lambda columns: columns.server_db_ms),
    ("middleware_time", lambda columns: columns.server_middleware_ms),
    ("query_count", lambda columns: columns.server_query_count),
    ("external_time", lambda columns: columns.server_external_ms),
    ("external_calls", lambda columns: columns.server_external_count),
)


def _measure_timings(columns: Columns, grouping: Grouping, timings: _Timings) -> Iterator[_Found]:
    is_good = ~columns.is_failed[grouping.order]
    for metric, values_of in timings:
        values = values_of(columns)[grouping.order]
        is_usable = is_good & ~np.isnan(values)
        for endpoint, rows in grouping.groups:
            sample = values[rows][is_usable[rows]]
            stats = [stat for stat in METRIC_STATS[metric] if stat not in MIX_STATS]
            for stat, value in _statistics(sample, stats):
                yield metric, endpoint, stat, value, sample.size


def _statistics(sample: FloatArray, stats: Sequence[str]) -> Iterator[tuple[str, float | None]]:
    supported = [stat for stat in stats if stat in QUANTILES and is_resolvable(sample.size, QUANTILES[stat])]
    values = quantiles(sample, [QUANTILES[stat] for stat in supported]) if supported else ()
    found: dict[str, float] = dict(zip(supported, values, strict=True))
    if "mean" in stats and sample.size:
        found["mean"] = float(sample.mean())
    for stat in stats:
        yield stat, found.get(stat)


def _measure_errors(groupings: Sequence[tuple[Columns, Grouping]], load: Load) -> Iterator[_Found]:
    """Count the failures and the wrong answers of all parts of the round together."""
    wrong: dict[str, tuple[int, int]] = {}
    counts: dict[str, tuple[int, int]] = {WHOLE_MIX: (load.dropped_arrivals, load.dropped_arrivals)}
    for columns, grouping in groupings:
        is_failed = columns.is_failed[grouping.order]
        is_wrong = is_failed & _is_answer(columns)[grouping.order]
        for endpoint, rows in grouping.groups:
            failures, requests = _failures(is_failed[rows])
            failed, total = counts.get(endpoint, (0, 0))
            counts[endpoint] = failed + failures, total + requests
            known, answered = wrong.get(endpoint, (0, 0))
            wrong[endpoint] = known + int(np.count_nonzero(is_wrong[rows])), answered + requests
    for endpoint, (failed, total) in counts.items():
        yield "error_share", endpoint, "share", 100 * failed / total if total else None, total
    for endpoint, (count, requests) in wrong.items():
        yield "wrong_answers", endpoint, "count", float(count) if requests else None, requests


def _measure_rates(grouping: Grouping, load: Load) -> Iterator[_Found]:
    for endpoint, rows in grouping.groups:
        requests = grouping.order[rows].size
        rate = requests / load.duration_s if load.duration_s > 0 else None
        yield "achieved_rate", endpoint, "mean", rate, requests


def _is_answer(columns: Columns) -> BoolArray:
    """Tell which requests were answered, and not with an error: if they failed, the scenario said so."""
    is_answer: BoolArray = (columns.status >= 200) & (columns.status < 400)
    return is_answer


def _failures(is_failed: BoolArray) -> tuple[int, int]:
    return int(np.count_nonzero(is_failed)), int(is_failed.size)


def _cpu_s(
    readings: ProcessReadings, counting_ns: Sequence[tuple[int, int]], other_ns: Sequence[tuple[int, int]]
) -> float:
    """Return the CPU seconds that the variant's own counting slices used.

    Looks come each half second, slices start and end between them. A server is idle outside its own slices:
    the CPU used between two looks belongs to its own slices in that span, in proportion to their time in it.
    """
    if readings.at_ns.size < 2 or not counting_ns:
        return float("nan")
    counting = _overlap_ns(readings.at_ns, counting_ns)
    own = counting + _overlap_ns(readings.at_ns, other_ns)
    share = np.divide(counting, own, out=np.zeros_like(counting), where=own > 0)
    return float(np.sum(np.diff(readings.cpu_s) * share))


def _overlap_ns(at_ns: IntArray, spans: Sequence[tuple[int, int]]) -> FloatArray:
    """Return how long `spans`, which do not overlap each other, overlap each span between two looks."""
    overlap = np.zeros(at_ns.size - 1)
    for start, end in spans:
        overlap += np.clip(np.minimum(at_ns[1:], end) - np.maximum(at_ns[:-1], start), 0, None)
    return overlap


def _last(values: FloatArray) -> float:
    return float(values[-1]) if values.size else float("nan")


def _word(group: tuple[str, slice]) -> str:
    return group[0]
