"""Where each KPI stands: before and after in percent of the target, with the interval of after."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_x_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, GOOD, MUTED, PAGE, TARGET, chart_style, inline_svg
from reports.number_text import number_text, target_text, with_unit
from reports.results import Kpi
from reports.targets import TargetPosition, target_positions
from reports.visible_text import short_name

_WIDTH_IN = 7.2
_ROW_HEIGHT_IN = 0.46
_FRAME_HEIGHT_IN = 0.85
_MAX_ROWS = 24
_LABEL_LENGTH = 34
_LOWEST, _HIGHEST = 1.0, 10_000.0
"""Percent of target; what lies beyond is drawn at the edge with an arrow head."""
_CAPTION = (
    "Each line is one target. The ring is before, the filled dot is after with its interval, "
    "and the shaded side is where the target is met."
)


def draw_kpi_dumbbell(kpis: tuple[Kpi, ...], *, chart_id: str) -> Chart | NotEnoughData:
    """Draw one line a target, in the order of the KPIs."""
    positions = [position for kpi in kpis for position in target_positions(kpi)][:_MAX_ROWS]
    if not positions:
        return NotEnoughData(
            subject="KPIs against their targets", found=0, needed=1, noun="targets with values"
        )
    with chart_style(chart_id):
        figure = Figure(
            figsize=(_WIDTH_IN, _FRAME_HEIGHT_IN + _ROW_HEIGHT_IN * len(positions)), layout="constrained"
        )
        axes = figure.subplots()
        low, high = _limits(positions)
        use_log_x_axis(axes, low, high, unit="%")
        for row, position in enumerate(positions):
            _draw_row(axes, row, position, low, high)
        axes.axvline(100, color=TARGET, linewidth=1.6, linestyle=(0, (1, 1.5)), zorder=1)
        axes.set_xlabel("percent of the target (logarithmic); 100 % is the target")
        axes.set_yticks(range(len(positions)), [_label(position) for position in positions])
        axes.set_ylim(len(positions) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0, pad=10)
        axes.spines["left"].set_visible(False)
        axes.grid(visible=True, axis="x", linewidth=0.8)
        axes.set_axisbelow(True)
        svg = inline_svg(figure, chart_id=chart_id, title="KPIs against their targets", description=_CAPTION)
    return Chart(id=chart_id, caption=_CAPTION, svg=svg, table=_table(positions))


def _limits(positions: list[TargetPosition]) -> tuple[float, float]:
    values = [v for p in positions for v in (p.before, p.after, p.after_low, p.after_high) if v > 0]
    low, high = min(*values, 80.0), max(*values, 125.0)
    return max(low / 1.25, _LOWEST), min(high * 1.25, _HIGHEST)


def _draw_row(axes: Axes, row: int, position: TargetPosition, low: float, high: float) -> None:
    good = (low, 100.0) if position.target.is_upper_limit else (100.0, high)
    axes.fill_betweenx([row - 0.38, row + 0.38], *good, color=GOOD, linewidth=0, alpha=0.16, zorder=0)
    before, after = _clipped(position.before, low, high), _clipped(position.after, low, high)
    axes.plot([before, after], [row, row], color=MUTED, linewidth=1.2, linestyle=(0, (3, 2)), zorder=2)
    whisker = [_clipped(position.after_low, low, high), _clipped(position.after_high, low, high)]
    axes.plot(
        whisker, [row, row], color=AFTER, linewidth=2.4, marker="|", markersize=9, markeredgewidth=2, zorder=3
    )
    _draw_dot(axes, row, position.before, before, color=BEFORE, face=PAGE)
    _draw_dot(axes, row, position.after, after, color=AFTER, face=AFTER)


def _draw_dot(axes: Axes, row: int, value: float, drawn_at: float, *, color: str, face: str) -> None:
    """Draw a dot, or an arrow head at the edge that a value lies beyond."""
    marker = "o" if value == drawn_at else "<" if value < drawn_at else ">"
    axes.plot(
        [drawn_at], [row], marker=marker, markersize=8, color=color, markerfacecolor=face, markeredgewidth=2,
        linestyle="none", zorder=4, clip_on=False,
    )  # fmt: skip


def _clipped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _label(position: TargetPosition) -> str:
    return f"{short_name(position.kpi.title, _LABEL_LENGTH)}\n{target_text(position.target.text)}"


def _table(positions: list[TargetPosition]) -> DataTable:
    rows = [
        (
            short_name(position.kpi.title),
            target_text(position.target.text),
            _percent(position.before),
            _percent(position.after),
            f"{_percent(position.after_low)} to {_percent(position.after_high)}",
        )
        for position in positions
    ]
    return DataTable(
        caption="KPIs in percent of their targets",
        columns=("KPI", "target", "before", "after", "interval of after"),
        rows=tuple(rows),
    )


def _percent(value: float) -> str:
    return with_unit(number_text(value, unit="%"), "%")
