"""Was it stable? Percentiles over the run, both variants, rounds marked."""

from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, MUTED, chart_style, inline_svg
from reports.number_text import count_text, number_text, with_unit
from reports.results import Results, TimeSeries

_SIZE_IN = (7.2, 4.2)
_MIN_WINDOWS = 2
_MAX_WINDOWS = 300
_TABLE_ROWS = 240
Percentile = Literal["p50", "p95"]


def draw_over_time(results: Results, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw the median above the 95th percentile, each with both variants."""
    series = results.over_time
    windows = sum(value is not None for one in series for value in one.p50_ms)
    if windows < _MIN_WINDOWS:
        return NotEnoughData(
            subject="Response time over the run", found=windows, needed=_MIN_WINDOWS, noun="windows"
        )
    caption = (
        "Response time over the run: median above, 95th percentile below. Lines break where a round ends."
    )
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        panels: Sequence[Axes] = figure.subplots(2, 1, sharex=True)
        for axes, percentile in zip(panels, _PERCENTILES, strict=True):
            _draw_panel(axes, results, percentile)
        _mark_rounds(panels, series)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        panels[1].set_xlabel("seconds since the start of the run")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Response time over the run",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(results))


_PERCENTILES: tuple[Percentile, ...] = ("p50", "p95")


def _draw_panel(axes: Axes, results: Results, percentile: Percentile) -> None:
    styles = (
        ("before", BEFORE, (0, (5, 2)), "o", "none"),
        ("after", AFTER, "solid", "o", AFTER),
    )
    for side, color, linestyle, marker, face in styles:
        variant = results.variant_id("before" if side == "before" else "after")
        label: str | None = side
        for one in (s for s in results.over_time if s.variant == variant):
            points = _points(one, percentile)
            if not points:
                continue
            at_s, values = zip(*points, strict=True)
            axes.plot(
                at_s, values, color=color, linestyle=linestyle, linewidth=1.8, marker=marker, markersize=3.5,
                markerfacecolor=face, label=label,
            )  # fmt: skip
            label = None
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_ylabel(f"{percentile} in ms")
    axes.grid(visible=True, axis="y", linewidth=0.8)


def _points(series: TimeSeries, percentile: Percentile) -> list[tuple[float, float]]:
    values = series.p50_ms if percentile == "p50" else series.p95_ms
    points = [(at_s, value) for at_s, value in zip(series.at_s, values, strict=True) if value is not None]
    return points[:: max(1, -(-len(points) // _MAX_WINDOWS))]


def _mark_rounds(panels: Sequence[Axes], series: tuple[TimeSeries, ...]) -> None:
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


def _table(results: Results) -> DataTable:
    rows = [
        (
            f"round {one.round_index}, {one.variant}",
            f"{at_s:.1f} s",
            _milliseconds(p50),
            _milliseconds(p95),
            count_text(count),
        )
        for one in results.over_time
        for at_s, p50, p95, count in zip(one.at_s, one.p50_ms, one.p95_ms, one.request_counts, strict=True)
    ]
    more = f"; {len(rows) - _TABLE_ROWS} more windows in results.json" if len(rows) > _TABLE_ROWS else ""
    return DataTable(
        caption=f"Response time by window{more}",
        columns=("round and variant", "at", "p50", "p95", "requests"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )


def _milliseconds(value: float | None) -> str:
    return "too few requests" if value is None else with_unit(number_text(value, unit="ms"), "ms")
