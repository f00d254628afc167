"""One measure after each phase of a rollout, with intervals, in rollout order."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_x_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, MUTED, PAGE, chart_style, inline_svg
from reports.number_text import interval_text, value_text
from reports.results import Estimate
from reports.visible_text import short_name

_WIDTH_IN = 7.2
_ROW_HEIGHT_IN = 0.34
_FRAME_HEIGHT_IN = 0.75
_LABEL_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What was measured after one phase; None where it cannot be said."""

    name: str
    estimate: Estimate | None


def draw_phases(levels: Sequence[Level], *, chart_id: str, title: str) -> Chart | NotEnoughData:
    """Draw one row a phase, the first at the top; two known levels above zero are the least."""
    known = [(row, level.estimate) for row, level in enumerate(levels) if level.estimate]
    drawn = [(row, estimate) for row, estimate in known if estimate.low > 0]
    if len(drawn) < 2:
        return NotEnoughData(subject=f"{title} by phase", found=len(drawn), needed=2, noun="levels")
    caption = f"{title} after each phase, with its interval. Further left is less."
    with chart_style(chart_id):
        figure = Figure(
            figsize=(_WIDTH_IN, _FRAME_HEIGHT_IN + _ROW_HEIGHT_IN * len(levels)), layout="constrained"
        )
        axes = figure.subplots()
        use_log_x_axis(axes, min(e.low for _, e in drawn) / 1.2, max(e.high for _, e in drawn) * 1.2)
        axes.plot(
            [e.value for _, e in drawn],
            [row for row, _ in drawn],
            color=MUTED,
            linewidth=1.2,
            linestyle=(0, (3, 2)),
        )
        for row, estimate in drawn:
            color = BEFORE if row == 0 else AFTER
            axes.plot(
                [estimate.low, estimate.high], [row, row], color=color, linewidth=2.4, marker="|",
                markersize=8, markeredgewidth=2,
            )  # fmt: skip
            axes.plot(
                [estimate.value], [row], marker="o", markersize=7, color=color, linestyle="none",
                markerfacecolor=PAGE if row == 0 else color, markeredgewidth=2,
            )  # fmt: skip
        axes.set_yticks(range(len(levels)), [short_name(level.name, _LABEL_LENGTH) for level in levels])
        axes.set_ylim(len(levels) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0, pad=8)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"{title} in {drawn[0][1].unit} (logarithmic)")
        axes.grid(visible=True, axis="x", linewidth=0.8)
        axes.set_axisbelow(True)
        svg = inline_svg(figure, chart_id=chart_id, title=f"{title} by phase", description=caption)
    table = DataTable(
        caption=f"{title} by phase",
        columns=("phase", "level", "interval"),
        rows=tuple(
            (short_name(one.name), value_text(one.estimate), interval_text(one.estimate)) for one in levels
        ),
    )
    return Chart(id=chart_id, caption=caption, svg=svg, table=table)
