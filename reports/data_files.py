"""The tables of a report in full, as CSV files in data/, and the checksums of the files beside it."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.errors import ReportError
from reports.results import Estimate, Results
from reports.visible_text import visible
from reports.whole_file import write_whole

FOLDER = "data"
_ESTIMATE = ("value", "low", "high", "unit")
_LAYER_TIMES = ("per_request", "p50", "p95", "p99")
_TOLD = ("results.json", "plan.json", "kpis.yaml", "experiment.yaml", "environment.json", "kpi.csv")
"""What a reader may want to compare with another copy of the run, beside the data files."""

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file beside the report."""

    name: str
    """Below the run folder."""
    byte_count: int
    sha256: str


def write_data_files(results: Results, run_dir: Path) -> None:
    """Write each table that results.json has rows for; full precision, empty where a number is unknown.

    Raises:
        ReportError: the folder cannot be written.
    """
    folder = run_dir / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ReportError(f"{folder} cannot be made: {error.strerror}.") from error
    for name, columns, rows in _tables(results):
        write_whole(folder / name, _csv(columns, rows).encode("utf-8"))


def describe_files(run_dir: Path) -> tuple[DataFile, ...]:
    """Give size and SHA-256 of what a reader may check or open."""
    names = [*_TOLD, *sorted(f"{FOLDER}/{path.name}" for path in (run_dir / FOLDER).glob("*.csv"))]
    return tuple(_describe(run_dir, name) for name in names if (run_dir / name).is_file())


def _describe(run_dir: Path, name: str) -> DataFile:
    content = (run_dir / name).read_bytes()
    return DataFile(name=name, byte_count=len(content), sha256=hashlib.sha256(content).hexdigest())


def _tables(results: Results) -> Iterator[tuple[str, Row, Iterable[Row]]]:
    if results.comparisons:
        estimates = [f"{side}_{part}" for side in ("before", "after", "change") for part in _ESTIMATE]
        yield (
            "comparisons.csv",
            (
                "baseline", "variant", "endpoint", "metric", "stat",
                *estimates, "before_count", "after_count", "reason",
            ),
            (
                (
                    c.baseline, c.variant, c.endpoint, c.metric, c.stat,
                    *_parts(c.before), *_parts(c.after), *_parts(c.change),
                    c.before_count, c.after_count, c.reason,
                )
                for c in (*results.comparisons, *results.other_comparisons)
            ),
        )  # fmt: skip
    if results.over_time:
        yield (
            "over_time.csv",
            (
                "variant", "round", "at_s", "p50_ms", "p95_ms", "p99_ms",
                "request_count", "failed_count", "in_flight",
            ),
            (
                (one.variant, one.round_index, *values)
                for one in results.over_time
                for values in _together(
                    one.at_s, one.p50_ms, one.p95_ms, one.p99_ms,
                    one.request_counts, one.failed_counts, one.in_flight,
                )
            ),
        )  # fmt: skip
    if results.distributions:
        yield (
            "distributions.csv",
            ("endpoint", "metric", "variant", "x_ms", "share"),
            (
                (one.endpoint, one.metric, side, x, share)
                for one in results.distributions
                for side, curve in (("before", one.before), ("after", one.after))
                for x, share in zip(curve.xs_ms, curve.shares, strict=True)
            ),
        )
    yield from _tables_of_charts(results)
    if any(results.queries.values()):
        yield (
            "statements.csv",
            ("variant", "query", "calls", "total_ms", "calls_per_request", "looks_repeated"),
            (
                (variant, s.query, s.calls, s.total_ms, s.calls_per_request, s.looks_repeated)
                for variant, statements in results.queries.items()
                for s in statements
            ),
        )
    yield from _tables_of_servers(results)
    if results.errors:
        yield (
            "errors.csv",
            ("variant", "endpoint", "status", "message", "count"),
            ((e.variant, e.endpoint, e.status, e.message, e.count) for e in results.errors),
        )


def _tables_of_servers(results: Results) -> Iterator[tuple[str, Row, Iterable[Row]]]:
    if any(one.layers for one in results.layers.values()):
        yield (
            "layers.csv",
            (
                "variant",
                "layer",
                "calls_per_request",
                *(f"{what}_{part}" for what in _LAYER_TIMES for part in _ESTIMATE),
            ),
            (
                (
                    variant,
                    layer.name,
                    layer.calls_per_request,
                    *(part for name in _LAYER_TIMES for part in _parts(getattr(layer, f"{name}_ms"))),
                )
                for variant, one in results.layers.items()
                for layer in one.layers
            ),
        )
    if any(results.external_calls.values()):
        yield (
            "external_calls.csv",
            ("variant", "services", "request_count", "call_count", "total_ms"),
            (
                (variant, one.services, one.request_count, one.call_count, one.total_ms)
                for variant, calls in results.external_calls.items()
                for one in calls
            ),
        )


def _tables_of_charts(results: Results) -> Iterator[tuple[str, Row, Iterable[Row]]]:
    if results.shifts:
        yield (
            "shift.csv",
            ("endpoint", "metric", "share", "change", "low", "high", "is_simultaneous"),
            (
                (one.endpoint, one.metric, p.share, p.value, p.low, p.high, one.is_simultaneous)
                for one in results.shifts
                for p in one.points
            ),
        )
    if results.heat_maps:
        yield (
            "heat.csv",
            ("endpoint", "variant", "from_s", "to_s", "from_ms", "to_ms", "count"),
            (
                (
                    heat.endpoint, heat.variant, heat.edges_s[column], heat.edges_s[column + 1],
                    heat.edges_ms[band], heat.edges_ms[band + 1], count,
                )
                for heat in results.heat_maps
                for column, row in enumerate(heat.counts)
                for band, count in enumerate(row)
            ),
        )  # fmt: skip
    if results.resources:
        yield (
            "resources.csv",
            ("variant", "round", "at_s", "uss_mib", "cpu_cores"),
            (
                (one.variant, one.round_index, *values)
                for one in results.resources
                for values in zip(one.at_s, one.uss_mib, one.cpu_cores, strict=True)
            ),
        )
    if results.runtime_lines:
        yield (
            "runtime.csv",
            ("variant", "round", "at_s", "longest_lag_ms", "longest_pause_ms"),
            (
                (one.variant, one.round_index, *values)
                for one in results.runtime_lines
                for values in zip(one.at_s, one.lag_ms, one.pause_ms, strict=True)
            ),
        )


def _together(*columns: Sequence[object]) -> Iterator[Row]:
    """Put columns side by side; one that the run does not tell is empty."""
    for index in range(len(columns[0])):
        yield tuple(column[index] if column else "" for column in columns)


def _parts(estimate: Estimate | None) -> Row:
    if estimate is None:
        return ("",) * len(_ESTIMATE)
    return (estimate.value, estimate.low, estimate.high, estimate.unit)


def _csv(columns: Row, rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Write text so that no spreadsheet takes it for a formula, and nothing in it is hidden."""
    if not isinstance(value, str):
        return "" if value is None else value
    shown = visible(value)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown
