"""Own time of each middleware layer for each request, before above after, in the order in which they wrap."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_x_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, PAGE, chart_style, inline_svg
from reports.number_text import interval_text, value_text
from reports.results import LayerTimes
from reports.visible_text import short_name

_WIDTH_IN = 7.2
_ROW_HEIGHT_IN = 0.27
_FRAME_HEIGHT_IN = 0.75
_LABEL_LENGTH = 36
_MAX_ROWS = 40
"""Of each side; the table has all."""


def draw_layers(
    before: Sequence[LayerTimes], after: Sequence[LayerTimes], *, chart_id: str
) -> Chart | NotEnoughData:
    """Draw one row a layer; only layers whose time is known and above zero."""
    rows = [
        (side, layer, layer.per_request_ms)
        for side, layers in (("before", before), ("after", after))
        for layer in layers[:_MAX_ROWS]
        if layer.per_request_ms and layer.per_request_ms.low > 0
    ]
    if not rows:
        return NotEnoughData(subject="Own time by layer", found=0, needed=1, noun="layers with an interval")
    caption = (
        "Own time of each middleware layer for each request, with intervals; the outermost layer is on top."
    )
    with chart_style(chart_id):
        figure = Figure(
            figsize=(_WIDTH_IN, _FRAME_HEIGHT_IN + _ROW_HEIGHT_IN * len(rows)), layout="constrained"
        )
        axes = figure.subplots()
        use_log_x_axis(axes, min(e.low for *_, e in rows) / 1.3, max(e.high for *_, e in rows) * 1.3)
        for place, (side, _, estimate) in enumerate(rows):
            color = BEFORE if side == "before" else AFTER
            axes.plot([estimate.low, estimate.high], [place, place], color=color, linewidth=2.2)
            axes.plot(
                [estimate.value], [place], marker="o", markersize=6, color=color, linestyle="none",
                markerfacecolor=PAGE if side == "before" else color, markeredgewidth=1.8,
            )  # fmt: skip
        labels = [f"{side}: {short_name(layer.name, _LABEL_LENGTH)}" for side, layer, _ in rows]
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0, pad=8)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("own time in ms for each request (logarithmic)")
        axes.grid(visible=True, axis="x", linewidth=0.8)
        axes.set_axisbelow(True)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Middleware by layer",
            description=f"{caption} Before is grey with open rings, after blue. Numbers follow below.",
        )
    table = DataTable(
        caption="Own time by layer",
        columns=("layer", "for each request", "interval"),
        rows=tuple(
            (f"{side}: {short_name(layer.name)}", value_text(estimate), interval_text(estimate))
            for side, layer, estimate in rows
        ),
    )
    return Chart(id=chart_id, caption=caption, svg=svg, table=table)
