"""Event loop lag and collection pauses of the servers over the run, both sides of the comparison."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_y_axis
from reports.html.charts.chart import Chart, DataTable
from reports.html.charts.inline_svg import AFTER, BEFORE, chart_style, inline_svg
from reports.number_text import number_text, with_unit
from reports.results import Results, RuntimeLine

_SIZE_IN = (7.2, 3.6)
_LEAST_MS = 0.1
"""What is shorter delays nobody: it is drawn as this, so that a log scale has room for the rest."""
_TABLE_ROWS = 120


def draw_runtime(results: Results, *, chart_id: str) -> Chart | None:
    """Draw the longest lag above the longest pause; None where no server of the two told."""
    ids = {results.variant_id("before"): "before", results.variant_id("after"): "after"}
    lines = [line for line in results.runtime_lines if line.variant in ids and line.at_s]
    if not lines:
        return None
    caption = (
        "Above, the longest that the event loop was kept from coming round; below, the longest that all "
        "stood still for a garbage collection; each since the point before, logarithmic. "
        f"{with_unit(number_text(_LEAST_MS), 'ms')} stands for anything shorter."
    )
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        panels: Sequence[Axes] = figure.subplots(2, 1, sharex=True)
        unlabelled = set(ids.values())
        for line in lines:
            side = ids[line.variant]
            for axes, values in zip(panels, (line.lag_ms, line.pause_ms), strict=True):
                _draw_line(axes, line.at_s, values, side, is_labelled=side in unlabelled)
            unlabelled.discard(side)
        for axes, label, name in zip(
            panels, ("lag in ms", "pause in ms"), ("lag_ms", "pause_ms"), strict=True
        ):
            most = max(max(getattr(line, name)) for line in lines)
            use_log_y_axis(axes, _LEAST_MS / 1.3, max(most, 10 * _LEAST_MS) * 1.3)
            axes.set_ylabel(label)
            axes.grid(visible=True, axis="y", linewidth=0.8)
        panels[1].set_xlabel("seconds since the start of the run")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Event loop lag and garbage collection over the run",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(lines))


def _draw_line(
    axes: Axes, at_s: Sequence[float], values: Sequence[float], side: str, *, is_labelled: bool
) -> None:
    color, linestyle = (BEFORE, (0, (5, 2))) if side == "before" else (AFTER, "solid")
    axes.plot(
        at_s, [max(value, _LEAST_MS) for value in values],
        color=color, linestyle=linestyle, linewidth=1.8, label=side if is_labelled else None,
    )  # fmt: skip


def _table(lines: Sequence[RuntimeLine]) -> DataTable:
    rows = [
        (
            f"round {line.round_index}, {line.variant}",
            with_unit(f"{at_s:.1f}", "s"),
            with_unit(number_text(lag, unit="ms"), "ms"),
            with_unit(number_text(pause, unit="ms"), "ms"),
        )
        for line in lines
        for at_s, lag, pause in zip(line.at_s, line.lag_ms, line.pause_ms, strict=True)
    ]
    more = f"; {len(rows) - _TABLE_ROWS} more in data/runtime.csv" if len(rows) > _TABLE_ROWS else ""
    return DataTable(
        caption=f"Event loop lag and collection pauses, the longest since the line before{more}",
        columns=("round and variant", "at", "longest lag", "longest pause"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )
