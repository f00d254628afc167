"""How much it can do: latency against the rate of arrivals, and throughput against concurrency."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import log_ticks, use_log_x_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, TARGET, chart_style, inline_svg
from reports.number_text import count_text, number_text, with_unit
from reports.results import Capacity, CapacityPoint, VariantCapacity

_SIZE_IN = (7.2, 3.4)
_LEAST_POINTS = 2
_STYLES: tuple[tuple[str, str, Any, str], ...] = (
    ("before", BEFORE, (0, (5, 2)), "none"),
    ("after", AFTER, "solid", AFTER),
)
_COLORS = "Before is dashed and grey, after solid and blue. Numbers follow below."


def draw_latency_by_rate(capacity: Capacity, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw the SLO's quantile at each rate, both axes logarithmic, with the limit as a line."""
    sides = _sides(capacity)
    found = min((len(_with_latency(one)) for one in sides), default=0)
    subject = f"{capacity.stat} against the rate of arrivals"
    if found < _LEAST_POINTS:
        return NotEnoughData(subject=subject, found=found, needed=_LEAST_POINTS, noun="rates")
    caption = "Latency against the rate of arrivals. Where a line crosses the limit, the SLO no longer holds."
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        axes = figure.subplots()
        rates, latencies = [], [capacity.limit_ms]
        for one, (label, color, linestyle, face) in zip(sides, _STYLES, strict=True):
            points = _with_latency(one)
            rates += [rate for rate, _ in points]
            latencies += [latency for _, latency in points]
            axes.plot(
                *zip(*points, strict=True), color=color, linestyle=linestyle, linewidth=2, marker="o",
                markersize=5, markerfacecolor=face, label=label,
            )  # fmt: skip
            if one.capacity:
                axes.axvspan(one.capacity.low, one.capacity.high, color=color, alpha=0.12, linewidth=0)
        use_log_x_axis(axes, min(rates) / 1.1, max(rates) * 1.1)
        _use_log_y_axis(axes, min(latencies) / 1.2, max(latencies) * 1.2)
        limit = with_unit(number_text(capacity.limit_ms, unit="ms"), "ms")
        axes.axhline(
            capacity.limit_ms, color=TARGET, linewidth=1.6, linestyle=(0, (1, 1.5)), label=f"limit {limit}"
        )
        axes.set_xlabel("arrivals a second (logarithmic); shaded: the interval of the capacity")
        axes.set_ylabel(f"{capacity.stat} in ms")
        axes.grid(visible=True, linewidth=0.8)
        axes.legend(loc="best")
        svg = inline_svg(figure, chart_id=chart_id, title=subject, description=f"{caption} {_COLORS}")
    return Chart(id=chart_id, caption=caption, svg=svg, table=_rate_table(capacity, sides))


def draw_scalability(capacity: Capacity, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw throughput against concurrency: the steps as dots, the fitted law with its band."""
    sides = _sides(capacity)
    found = sum(one.law is not None for one in sides)
    if not found:
        return NotEnoughData(
            subject="Throughput against concurrency", found=found, needed=1, noun="fitted laws"
        )
    caption = (
        "Throughput against mean requests under way: dots are what was measured, lines the fitted Universal "
        "Scalability Law, shaded its band over resampled rounds."
    )
    with chart_style(chart_id):
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        axes = figure.subplots()
        for one, (label, color, linestyle, face) in zip(sides, _STYLES, strict=True):
            _draw_law(axes, one, label=label, color=color, linestyle=linestyle, face=face)
        drawn = [point.concurrency for one in sides for point in one.curve if point.concurrency > 0]
        use_log_x_axis(axes, min(drawn) / 1.1, max(drawn) * 1.1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("mean requests under way (logarithmic)")
        axes.set_ylabel("good answers a second")
        axes.grid(visible=True, linewidth=0.8)
        axes.legend(loc="best")
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Throughput against concurrency",
            description=f"{caption} {_COLORS}",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_law_table(sides))


def _draw_law(axes: Axes, one: VariantCapacity, *, label: str, color: str, linestyle: Any, face: str) -> None:
    points = [point for point in one.curve if point.concurrency > 0]
    axes.plot(
        [point.concurrency for point in points], [point.throughput for point in points], color=color,
        marker="o", markersize=5, markerfacecolor=face, linestyle="none", label=label,
    )  # fmt: skip
    if one.law is None:
        return
    n, value, low, high = zip(*one.law.band, strict=True)
    axes.plot(n, value, color=color, linestyle=linestyle, linewidth=2)
    axes.fill_between(n, low, high, color=color, alpha=0.15, linewidth=0)


def _sides(capacity: Capacity) -> tuple[VariantCapacity, VariantCapacity]:
    return capacity.variants[0], capacity.variants[-1]


def _with_latency(one: VariantCapacity) -> list[tuple[float, float]]:
    return [(point.rate, point.latency_ms) for point in one.curve if point.latency_ms]


def _use_log_y_axis(axes: Axes, low: float, high: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    ticks = log_ticks(low, high)
    axes.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def _rate_table(capacity: Capacity, sides: Sequence[VariantCapacity]) -> DataTable:
    return DataTable(
        caption="What each rate showed",
        columns=("variant and rate", capacity.stat, "requests", "failed", "answers", "verdict of each round"),
        rows=tuple(_rate_row(one.id, point) for one in sides for point in one.curve),
    )


def _rate_row(variant_id: str, point: CapacityPoint) -> tuple[str, ...]:
    latency = (
        "too few requests"
        if point.latency_ms is None
        else with_unit(number_text(point.latency_ms, unit="ms"), "ms")
    )
    return (
        f"{variant_id}, {_rate(point.rate)}",
        latency,
        count_text(point.request_count),
        count_text(point.failed_count),
        _rate(point.throughput),
        ", ".join(point.verdicts),
    )


def _law_table(sides: Sequence[VariantCapacity]) -> DataTable:
    rows = [
        (f"{one.id}, {number_text(n, unit='x')} under way", _rate(value), f"{_rate(low)} to {_rate(high)}")
        for one in sides
        if one.law
        for n, value, low, high in one.law.band[::4]
    ]
    return DataTable(
        caption="The fitted law",
        columns=("variant and concurrency", "throughput", "band"),
        rows=tuple(rows),
    )


def _rate(value: float) -> str:
    return with_unit(number_text(value, unit="/s"), "/s")
