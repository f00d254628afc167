"""The whole distribution: which share of the requests was answered within a time."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_x_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, TARGET, chart_style, inline_svg
from reports.metrics import metric_title
from reports.number_text import number_text, percentage_text, target_text, with_unit
from reports.results import Curve, Distribution
from reports.targets import Target

_SIZE_IN = (7.2, 3.0)
_MIN_POINTS = 2
_MAX_POINTS = 150
_TABLE_ROWS = 12


def draw_ecdf(
    distribution: Distribution, *, chart_id: str, subject: str, caption: str, target: Target | None = None
) -> Chart | NotEnoughData:
    """Draw both variants on a logarithmic time axis; `target` is a limit in milliseconds."""
    curves = (distribution.before, distribution.after)
    metric = metric_title(distribution.metric)
    found = min(sum(x > 0 for x in curve.xs_ms) for curve in curves)
    if found < _MIN_POINTS:
        return NotEnoughData(subject=f"{metric} of {subject}", found=found, needed=_MIN_POINTS, noun="points")
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        axes = figure.subplots()
        _draw_curve(axes, distribution.before, label="before", color=BEFORE, linestyle=(0, (5, 2)))
        _draw_curve(axes, distribution.after, label="after", color=AFTER, linestyle="solid")
        limits = [x for curve in curves for x in curve.xs_ms if x > 0] + ([target.value] if target else [])
        use_log_x_axis(axes, min(limits) / 1.1, max(limits) * 1.1)
        axes.set_xlabel(f"{metric} in ms (logarithmic)")
        axes.set_ylim(0, 1.01)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0 %", "25 %", "50 %", "75 %", "95 %"])
        axes.set_ylabel("share of requests")
        axes.grid(visible=True, linewidth=0.8)
        if target:
            axes.axvline(
                target.value,
                color=TARGET,
                linewidth=1.6,
                linestyle=(0, (1, 1.5)),
                label=f"target {target_text(target.text)}",
            )
        axes.legend(loc="lower right")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title=f"{metric} of {subject}: share of requests answered within a time",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(distribution, f"{metric} of {subject}"))


def _draw_curve(
    axes: Axes, curve: Curve, *, label: str, color: str, linestyle: str | tuple[int, tuple[int, int]]
) -> None:
    points = [(x, share) for x, share in thinned(curve, _MAX_POINTS) if x > 0]
    xs, shares = zip(*points, strict=True)
    axes.plot(xs, shares, drawstyle="steps-post", color=color, linestyle=linestyle, linewidth=2, label=label)


def thinned(curve: Curve, limit: int) -> list[tuple[float, float]]:
    """Choose at most `limit` points of a curve, evenly by position, its first and last among them."""
    points = list(zip(curve.xs_ms, curve.shares, strict=True))
    if len(points) <= limit:
        return points
    step = (len(points) - 1) / (limit - 1)
    return [points[round(index * step)] for index in range(limit)]


def _table(distribution: Distribution, subject: str) -> DataTable:
    rows = [
        (name, with_unit(number_text(x, unit="ms"), "ms"), percentage_text(share))
        for name, curve in (("before", distribution.before), ("after", distribution.after))
        for x, share in thinned(curve, _TABLE_ROWS)
    ]
    return DataTable(
        caption=f"{subject}: points of the curves, evenly chosen",
        columns=("variant", "answered within", "share of requests"),
        rows=tuple(rows),
    )
