"""Was it stable? Percentiles, rate, failures and requests under way over the run, rounds marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, MUTED, chart_style, inline_svg
from reports.number_text import count_text, number_text, with_unit
from reports.results import Results, TimeSeries

_WIDTH_IN = 7.2
_PANEL_HEIGHT_IN = 1.35
_FRAME_HEIGHT_IN = 0.8
_MIN_WINDOWS = 2
_MAX_WINDOWS = 300
_TABLE_ROWS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """One of the small charts above each other."""

    label: str
    values: Callable[[TimeSeries], Sequence[float | None]]


def _rates(series: TimeSeries) -> Sequence[float | None]:
    if not series.lengths_s:
        return ()
    return [
        count / length
        for count, length in zip(series.request_counts, series.lengths_s, strict=True)
        if length
    ]


_PANELS = (
    _Panel(label="p50 in ms", values=lambda series: series.p50_ms),
    _Panel(label="p95 in ms", values=lambda series: series.p95_ms),
    _Panel(label="p99 in ms", values=lambda series: series.p99_ms),
    _Panel(label="requests /s", values=_rates),
    _Panel(label="failed", values=lambda series: series.failed_counts),
    _Panel(label="in flight", values=lambda series: series.in_flight),
)


def draw_over_time(results: Results, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw a panel for each measure that has values, each with both sides of the comparison."""
    ids = {results.variant_id("before"): "before", results.variant_id("after"): "after"}
    series = [one for one in results.over_time if one.variant in ids]
    windows = sum(value is not None for one in series for value in one.p50_ms)
    if windows < _MIN_WINDOWS:
        return NotEnoughData(
            subject="Response time over the run", found=windows, needed=_MIN_WINDOWS, noun="windows"
        )
    shown = [
        panel for panel in _PANELS if any(value is not None for one in series for value in panel.values(one))
    ]
    labels = ", ".join(panel.label for panel in shown)
    caption = f"Over the run, from above: {labels}. Lines break where a round ends."
    with chart_style(chart_id):
        figure = Figure(
            figsize=(_WIDTH_IN, _FRAME_HEIGHT_IN + _PANEL_HEIGHT_IN * len(shown)), layout="constrained"
        )
        panels: list[Axes] = list(figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0])
        for axes, panel in zip(panels, shown, strict=True):
            _draw_panel(axes, series, ids, panel)
        _mark_rounds(panels, series)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        panels[-1].set_xlabel("seconds since the start of the run")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Response time, rate and failures over the run",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(series))


def _draw_panel(axes: Axes, series: Sequence[TimeSeries], ids: dict[str, str], panel: _Panel) -> None:
    unlabelled = set(ids.values())
    for one in series:
        side = ids[one.variant]
        color, linestyle = (BEFORE, (0, (5, 2))) if side == "before" else (AFTER, "solid")
        points = _points(one, panel)
        if not points:
            continue
        at_s, values = zip(*points, strict=True)
        axes.plot(
            at_s, values, color=color, linestyle=linestyle, linewidth=1.8, marker="o", markersize=3.5,
            markerfacecolor="none" if side == "before" else AFTER,
            label=side if side in unlabelled else None,
        )  # fmt: skip
        unlabelled.discard(side)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_ylabel(panel.label)
    axes.grid(visible=True, axis="y", linewidth=0.8)


def _points(series: TimeSeries, panel: _Panel) -> list[tuple[float, float]]:
    values = panel.values(series)
    if not values:
        return []
    points = [(at_s, value) for at_s, value in zip(series.at_s, values, strict=True) if value is not None]
    return points[:: max(1, -(-len(points) // _MAX_WINDOWS))]


def _mark_rounds(panels: Sequence[Axes], series: Sequence[TimeSeries]) -> None:
    starts: dict[int, float] = {}
    for one in series:
        if one.at_s:
            starts[one.round_index] = min(starts.get(one.round_index, one.at_s[0]), one.at_s[0])
    for index, at_s in sorted(starts.items()):
        for axes in panels:
            axes.axvline(at_s, color=MUTED, linewidth=0.7, linestyle=(0, (1, 3)), zorder=0)
        panels[0].annotate(
            f"round {index}" if index == min(starts) else str(index),
            (at_s, 1.0), xycoords=("data", "axes fraction"),
            xytext=(2, 2), textcoords="offset points", fontsize=8,
        )  # fmt: skip


def _table(series: Sequence[TimeSeries]) -> DataTable:
    rows = [
        (
            f"round {one.round_index}, {one.variant}",
            f"{at_s:.1f} s",
            *(
                _milliseconds(column[index] if column else None)
                for column in (one.p50_ms, one.p95_ms, one.p99_ms)
            ),
            count_text(one.request_counts[index]),
            count_text(one.failed_counts[index]) if one.failed_counts else "unknown",
            number_text(one.in_flight[index]) if one.in_flight else "unknown",
        )
        for one in series
        for index, at_s in enumerate(one.at_s)
    ]
    more = (
        f"; {len(rows) - _TABLE_ROWS} more windows in data/over_time.csv" if len(rows) > _TABLE_ROWS else ""
    )
    return DataTable(
        caption=f"Response time by window{more}",
        columns=("round and variant", "at", "p50", "p95", "p99", "requests", "failed", "in flight"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )


def _milliseconds(value: float | None) -> str:
    return "too few requests" if value is None else with_unit(number_text(value, unit="ms"), "ms")
