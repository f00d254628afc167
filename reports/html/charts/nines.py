"""The tail: how long the slowest one in ten, hundred, thousand took."""

from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_y_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, TARGET, chart_style, inline_svg
from reports.metrics import metric_title
from reports.number_text import number_text, percentage_text, target_text, with_unit
from reports.results import Curve, Distribution
from reports.targets import Target

_SIZE_IN = (7.2, 2.8)
_FROM_SHARE = 0.5
_MIN_POINTS = 3
_MAX_POINTS = 100
_TABLE_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999)


def draw_nines(
    distribution: Distribution, *, chart_id: str, subject: str, target: Target | None = None
) -> Chart | NotEnoughData:
    """Draw the upper half of both distributions, as far as enough samples lie beyond."""
    metric = metric_title(distribution.metric)
    sides = {"before": _tail(distribution.before), "after": _tail(distribution.after)}
    if (found := min(len(points) for points in sides.values())) < _MIN_POINTS:
        return NotEnoughData(
            subject=f"Tail of {subject}",
            found=found,
            needed=_MIN_POINTS,
            noun="resolvable points above the median",
        )
    caption = "The slower half: each step to the right leaves a tenth of the requests. Lower is faster."
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        axes = figure.subplots()
        values = [x for points in sides.values() for x, _ in points] + ([target.value] if target else [])
        for side, color, linestyle in (("before", BEFORE, (0, (5, 2))), ("after", AFTER, "solid")):
            xs = [1 / (1 - share) for _, share in sides[side]]
            axes.plot(
                xs, [x for x, _ in sides[side]], drawstyle="steps-pre", color=color, linestyle=linestyle,
                linewidth=2, label=side,
            )  # fmt: skip
        if target:
            axes.axhline(
                target.value, color=TARGET, linewidth=1.6, linestyle=(0, (1, 1.5)),
                label=f"target {target_text(target.text)}",
            )  # fmt: skip
        axes.set_xscale("log")
        last = max(share for points in sides.values() for _, share in points)
        ticks = [share for share in (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999) if share <= last]
        axes.set_xlim(1 / (1 - _FROM_SHARE), 1 / (1 - last) * 1.05)
        axes.set_xticks([1 / (1 - share) for share in ticks], [percentage_text(share) for share in ticks])
        axes.set_xticks([], minor=True)
        use_log_y_axis(axes, min(values) / 1.15, max(values) * 1.15)
        axes.set_xlabel("share of requests answered within that time")
        axes.set_ylabel("ms (logarithmic)")
        axes.grid(visible=True, linewidth=0.8)
        axes.legend(loc="best")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title=f"{metric} of {subject}: the tail",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_table(distribution, f"{metric} of {subject}"))


def _tail(curve: Curve) -> list[tuple[float, float]]:
    points = [
        (x, share)
        for x, share in zip(curve.xs_ms, curve.shares, strict=True)
        if _FROM_SHARE <= share <= curve.resolvable_share and share < 1 and x > 0
    ]
    return points[:: max(1, -(-len(points) // _MAX_POINTS))]


def _table(distribution: Distribution, subject: str) -> DataTable:
    rows = [
        (percentage_text(share), _within(distribution.before, share), _within(distribution.after, share))
        for share in _TABLE_SHARES
    ]
    return DataTable(
        caption=f"{subject}: within this time at least so many were answered",
        columns=("share of requests", "before", "after"),
        rows=tuple(rows),
    )


def _within(curve: Curve, share: float) -> str:
    """Give the first drawn point that has the share; it is above the quantile by less than a step."""
    if share > curve.resolvable_share:
        return "too few requests"
    found = next((x for x, held in zip(curve.xs_ms, curve.shares, strict=True) if held >= share), None)
    return "unknown" if found is None else with_unit(number_text(found, unit="ms"), "ms")
