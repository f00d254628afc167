"""Memory and CPU of the servers over the run, both sides of the comparison."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, chart_style, inline_svg
from reports.number_text import number_text, with_unit
from reports.results import ResourceLine, Results

_SIZE_IN = (7.2, 3.6)
_MIN_LOOKS = 2
_TABLE_ROWS = 120


def draw_resources(results: Results, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw memory above CPU, each with both sides of the comparison."""
    ids = {results.variant_id("before"): "before", results.variant_id("after"): "after"}
    lines = [line for line in results.resources if line.variant in ids]
    looks = sum(value is not None for line in lines for value in line.uss_mib)
    if looks < _MIN_LOOKS:
        return NotEnoughData(
            subject="Memory and CPU over the run", found=looks, needed=_MIN_LOOKS, noun="looks at the servers"
        )
    caption = "Memory of the servers above, cores in use below. Each round starts fresh servers."
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        panels: Sequence[Axes] = figure.subplots(2, 1, sharex=True)
        for line in lines:
            side = ids[line.variant]
            for axes, values in zip(panels, (line.uss_mib, line.cpu_cores), strict=True):
                _draw_line(axes, line.at_s, values, side, is_first=line.round_index == lines[0].round_index)
        for axes, label in zip(panels, ("USS in MiB", "cores"), strict=True):
            axes.set_ylim(bottom=0)
            axes.set_ylabel(label)
            axes.grid(visible=True, axis="y", linewidth=0.8)
        panels[1].set_xlabel("seconds since the start of the run")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Memory and CPU over the run",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(lines))


def _draw_line(
    axes: Axes, at_s: Sequence[float], values: Sequence[float | None], side: str, *, is_first: bool
) -> None:
    points = [(x, y) for x, y in zip(at_s, values, strict=True) if y is not None]
    if not points:
        return
    xs, ys = zip(*points, strict=True)
    color, linestyle = (BEFORE, (0, (5, 2))) if side == "before" else (AFTER, "solid")
    axes.plot(xs, ys, color=color, linestyle=linestyle, linewidth=1.8, label=side if is_first else None)


def _table(lines: Sequence[ResourceLine]) -> DataTable:
    rows = [
        (
            f"round {line.round_index}, {line.variant}",
            with_unit(f"{at_s:.1f}", "s"),
            "unknown" if uss is None else with_unit(number_text(uss, unit="MiB"), "MiB"),
            "unknown" if cores is None else number_text(cores),
        )
        for line in lines
        for at_s, uss, cores in zip(line.at_s, line.uss_mib, line.cpu_cores, strict=True)
    ]
    more = f"; {len(rows) - _TABLE_ROWS} more in data/resources.csv" if len(rows) > _TABLE_ROWS else ""
    return DataTable(
        caption=f"Memory and CPU by look{more}",
        columns=("round and variant", "at", "memory", "cores"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )
