"""Latency heat maps: how many requests took how long, when; both variants on one scale."""

import math
from collections.abc import Iterator
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from reports.html.charts.axis_ticks import use_log_y_axis
from reports.html.charts.chart import Chart, DataTable
from reports.html.charts.inline_svg import HEAT, chart_style, inline_svg
from reports.number_text import count_text, number_text, with_unit
from reports.results import HeatMap

_SIZE_IN = (7.2, 2.8)
_CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))
_CODES = (Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY)


def draw_heat(before: HeatMap, after: HeatMap, *, chart_id: str, subject: str) -> Chart:
    """Draw time under load against response time; the darker a cell (in dark mode the lighter), the more."""
    caption = (
        "Before left, after right: each column is a stretch of load, each cell a range of response times. "
        "The stronger the colour, the more requests; rising cells are a slow-down."
    )
    most = max(count for heat in (before, after) for row in heat.counts for count in row)
    low = min(heat.edges_ms[0] for heat in (before, after))
    high = max(heat.edges_ms[-1] for heat in (before, after))
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        panels = figure.subplots(1, 2, sharey=True)
        for axes, heat, name in zip(panels, (before, after), ("before", "after"), strict=True):
            _draw_cells(axes, heat, most)
            use_log_y_axis(axes, low, high)
            axes.set_xlim(0, heat.edges_s[-1])
            axes.set_title(name, fontsize=10, loc="left")
            axes.set_xlabel("seconds of load")
        panels[0].set_ylabel("ms (logarithmic)")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title=f"Response time of {subject} over time, as heat maps",
            description=f"{caption} Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(before, after, subject))


def _draw_cells(axes: Axes, heat: HeatMap, most: int) -> None:
    """Draw all cells of one level as one path: a map of some hundred cells stays at a few KB."""
    cells: dict[int, list[tuple[float, float]]] = {}
    for level, left, right, bottom, top in _cells(heat, most):
        cells.setdefault(level, []).extend((right if x else left, top if y else bottom) for x, y in _CORNERS)
    for level, corners in sorted(cells.items()):
        path = Path(corners, _CODES * (len(corners) // len(_CODES)))
        axes.add_patch(PathPatch(path, facecolor=HEAT[level], linewidth=0))


def _cells(heat: HeatMap, most: int) -> Iterator[tuple[int, float, float, float, float]]:
    """Give level and corners; neighbours of one level in a column are one cell."""
    for column, row in enumerate(heat.counts):
        levels = [_level(count, most) if count else None for count in row]
        band = 0
        for level, cells in groupby(levels):
            length = len(list(cells))
            if level is not None:
                yield (
                    level,
                    heat.edges_s[column], heat.edges_s[column + 1],
                    heat.edges_ms[band], heat.edges_ms[band + length],
                )  # fmt: skip
            band += length


def _level(count: int, most: int) -> int:
    """Give a level from 0 up, logarithmically: single slow requests must stay visible beside thousands."""
    return min(len(HEAT) - 1, math.floor(len(HEAT) * math.log1p(count) / math.log1p(most)))


def _table(before: HeatMap, after: HeatMap, subject: str) -> DataTable:
    totals: dict[tuple[float, float], dict[str, int]] = {}
    for name, heat in (("before", before), ("after", after)):
        for band in range(len(heat.edges_ms) - 1):
            key = (heat.edges_ms[band], heat.edges_ms[band + 1])
            totals.setdefault(key, {})[name] = sum(row[band] for row in heat.counts)
    rows = [
        (
            f"{number_text(low)} to {with_unit(number_text(high), 'ms')}",
            *(_count(counts, n) for n in ("before", "after")),
        )
        for (low, high), counts in sorted(totals.items())
    ]
    return DataTable(
        caption=f"Response time of {subject}: requests by range; by time in data/heat.csv",
        columns=("range", "before", "after"),
        rows=tuple(rows),
    )


def _count(counts: dict[str, int], name: str) -> str:
    return count_text(counts.get(name, 0))
