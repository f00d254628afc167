"""Where in the distribution did it change? The change of each quantile, with its band."""

from matplotlib.figure import Figure

from reports.html.charts.chart import Chart, DataTable
from reports.html.charts.inline_svg import AFTER, BAND, MUTED, chart_style, inline_svg
from reports.metrics import metric_title
from reports.number_text import number_text, percentage_text, with_unit
from reports.results import Shift

_SIZE_IN = (7.2, 2.6)


def draw_shift(shift: Shift, *, chart_id: str, subject: str, confidence: str) -> Chart:
    """Draw the change at each resolvable quantile; below the line of zero after is less."""
    band = "All intervals hold together" if shift.is_simultaneous else "Each interval holds by itself"
    caption = (
        f"Change at each point of the distribution: left the fast requests, right the slow ones. "
        f"{band} in {confidence} of such runs."
    )
    shares = [100 * point.share for point in shift.points]
    lows, highs = [point.low for point in shift.points], [point.high for point in shift.points]
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        axes = figure.subplots()
        axes.axhline(0, color=MUTED, linewidth=1.4)
        axes.fill_between(shares, lows, highs, color=BAND, alpha=0.2, linewidth=0)
        axes.plot(
            shares, [point.value for point in shift.points],
            color=AFTER, linewidth=2, marker="o", markersize=5,
        )  # fmt: skip
        low, high = min(*lows, 0), max(*highs, 0)
        room = 0.06 * (high - low or 1)
        axes.set_ylim(low - room, high + room)
        axes.set_xlim(0, 102)
        axes.set_xticks([5, 25, 50, 75, 95], ["p5", "p25", "p50", "p75", "p95"])
        axes.set_xlabel("quantile")
        axes.yaxis.set_major_formatter(lambda value, _: with_unit(number_text(value, is_signed=True), "%"))
        axes.set_ylabel("change of after")
        axes.grid(visible=True, linewidth=0.8)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title=f"{metric_title(shift.metric)} of {subject}: change by quantile",
            description=f"{caption} Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(shift, subject))


def _table(shift: Shift, subject: str) -> DataTable:
    return DataTable(
        caption=f"{metric_title(shift.metric)} of {subject}: change by quantile",
        columns=("quantile", "change", "interval"),
        rows=tuple(
            (
                percentage_text(point.share),
                _signed(point.value),
                f"({_signed(point.low)} to {_signed(point.high)})",
            )
            for point in shift.points
        ),
    )


def _signed(value: float) -> str:
    return with_unit(number_text(value, unit="%", is_signed=True), "%")
