"""Changes below each other, each with its interval, around the line of no change."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, MUTED, PAGE, chart_style, inline_svg
from reports.number_text import MINUS, change_interval_text, change_text
from reports.results import Estimate
from reports.visible_text import short_name

_WIDTH_IN = 7.2
_ROW_HEIGHT_IN = 0.3
_FRAME_HEIGHT_IN = 0.75
_LABEL_LENGTH = 40
_MAX_TICKS = 9
_TICKS = (-99, -98, -95, -90, -80, -65, -50, -35, -20, -10, -5, -2, 0, 2, 5, 10, 25, 50, 100, 200, 400, 900,
          1_900, 4_900, 9_900)  # fmt: skip
_LEAST_RATIO = 1e-3
"""A change of -100 % has no place on a logarithmic axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One change in percent; None where it cannot be said."""

    name: str
    change: Estimate | None


def draw_forest(
    rows: Sequence[ForestRow], *, chart_id: str, title: str, axis_label: str
) -> Chart | NotEnoughData:
    """Draw one row a change, the first at the top, on an axis where twice and half are equally far from 0."""
    drawn = [(place, row.change) for place, row in enumerate(rows) if row.change]
    if not drawn:
        return NotEnoughData(subject=title, found=0, needed=1, noun="changes")
    caption = (
        f"{title}, with intervals. Filled: the interval does not hold 0. "
        "An open ring means: not shown to matter."
    )
    with chart_style(chart_id):
        figure = Figure(
            figsize=(_WIDTH_IN, _FRAME_HEIGHT_IN + _ROW_HEIGHT_IN * len(rows)), layout="constrained"
        )
        axes = figure.subplots()
        ends = [0.0]
        for place, change in drawn:
            low, value, high = (_position(end) for end in (change.low, change.value, change.high))
            ends += [low, high]
            is_shown = change.low > 0 or change.high < 0
            color = AFTER if is_shown else BEFORE
            axes.plot([low, high], [place, place], color=color, linewidth=2.2)
            axes.plot(
                [value], [place], marker="o", markersize=6.5, color=color, linestyle="none",
                markerfacecolor=color if is_shown else PAGE, markeredgewidth=1.8,
            )  # fmt: skip
        axes.axvline(0, color=MUTED, linewidth=1.4)
        room = 0.06 * (max(ends) - min(ends)) or 0.05
        low, high = min(ends) - room, max(ends) + room
        axes.set_xlim(low, high)
        ticks = _ticks(low, high)
        axes.set_xticks([_position(tick) for tick in ticks], [_tick_text(tick) for tick in ticks])
        axes.set_yticks(range(len(rows)), [short_name(row.name, _LABEL_LENGTH) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0, pad=8)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis_label)
        axes.grid(visible=True, axis="x", linewidth=0.8)
        axes.set_axisbelow(True)
        svg = inline_svg(figure, chart_id=chart_id, title=title, description=caption)
    table = DataTable(
        caption=title,
        columns=("name", "change", "interval"),
        rows=tuple(
            (short_name(row.name), change_text(row.change), change_interval_text(row.change)) for row in rows
        ),
    )
    return Chart(id=chart_id, caption=caption, svg=svg, table=table)


def _position(percent: float) -> float:
    return math.log2(max(1 + percent / 100, _LEAST_RATIO))


def _ticks(low: float, high: float) -> list[int]:
    """Choose at most nine ticks; 0 is always among them."""
    inside = [tick for tick in _TICKS if low <= _position(tick) <= high]
    step = -(-len(inside) // _MAX_TICKS)
    zero = inside.index(0)
    return [tick for place, tick in enumerate(inside) if (place - zero) % step == 0]


def _tick_text(percent: int) -> str:
    if percent == 0:
        return "0 %"
    return f"{MINUS if percent < 0 else '+'}{abs(percent):,} %"
