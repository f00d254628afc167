"""What became of the requests of each second while something was broken: a panel for each side."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import use_log_y_axis
from reports.html.charts.chart import Chart, DataTable, NotEnoughData
from reports.html.charts.inline_svg import AFTER, BEFORE, MUTED, TARGET, TEXT, chart_style, inline_svg
from reports.number_text import number_text, with_unit
from reports.results import Faults, VariantFaults

_WIDTH_IN = 7.2
_PANEL_HEIGHT_IN = 1.9
_FRAME_HEIGHT_IN = 0.9
_MIN_SECONDS = 2
_TABLE_ROWS = 240
_SIDES = (BEFORE, AFTER)


_GOOD, _ASKED, _LOST, _REFUSED = "good answers", "asked", "failed or too slow", "refused"


def draw_fault_answers(faults: Faults, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw, for each variant, how many requests a second were asked and what became of them."""
    variants = [one for one in faults.variants if len(one.at_s) >= _MIN_SECONDS]
    if not variants:
        return _too_little(faults, "What became of the requests")
    caption = (
        "Requests a second by the moment at which they should have been sent, each variant by itself, the"
        f" mean over its slices: good within {number_text(faults.good_within_ms)} ms, refused, failed or too"
        " slow. Shaded: something is broken."
    )
    with chart_style(chart_id):
        figure = _figure(len(variants))
        panels = _panels(figure, len(variants))
        top = max((max(one.asked) for one in variants), default=1.0)
        for index, (axes, one) in enumerate(zip(panels, variants, strict=True)):
            color = _SIDES[min(index, 1)] if len(variants) == 2 else AFTER
            _shade(axes, one, faults, with_names=index == 0)
            lost = [slow + failed for slow, failed in zip(one.slow, one.failed, strict=True)]
            axes.plot(one.at_s, one.asked, color=MUTED, linestyle=(0, (1, 2)), linewidth=1.4, label=_ASKED)
            axes.plot(one.at_s, one.good, color=color, linewidth=2.2, label=_GOOD)
            axes.plot(one.at_s, one.refused, color=TEXT, linestyle=(0, (5, 2)), linewidth=1.2, label=_REFUSED)
            axes.plot(one.at_s, lost, color=TARGET, linestyle=(0, (4, 1, 1, 1)), linewidth=1.6, label=_LOST)
            axes.set_ylim(0, 1.15 * top)
            axes.set_ylabel(f"{_name(one.id)}, /s")
        _finish(figure, panels)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="What became of the requests while something was broken",
            description=f"{caption} Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_answers_table(variants))


def draw_fault_latency(faults: Faults, *, chart_id: str) -> Chart | NotEnoughData:
    """Draw the p95 of the answers that did not fail, both sides in one panel, and what was under way."""
    variants = [one for one in faults.variants if any(one.p95_ms)]
    if not variants:
        return _too_little(faults, "Response time while something was broken")
    caption = (
        "95th percentile of the response time of answers that did not fail, on a logarithmic scale, and"
        " requests under way, by second; all slices together. A line breaks where a second has too few."
    )
    with chart_style(chart_id):
        figure = _figure(2)
        panels = _panels(figure, 2)
        for index, one in enumerate(variants):
            color = _SIDES[min(index, 1)] if len(variants) == 2 else AFTER
            linestyle = (0, (5, 2)) if color == BEFORE else "solid"
            p95 = [float("nan") if value is None else value for value in one.p95_ms]
            label = _name(one.id)
            panels[0].plot(one.at_s, p95, color=color, linestyle=linestyle, linewidth=1.8, label=label)
            panels[1].plot(one.at_s, one.in_flight, color=color, linestyle=linestyle, linewidth=1.8)
        for position, axes in enumerate(panels):
            _shade(axes, variants[-1], faults, with_names=position == 0)
        known = [value for one in variants for value in one.p95_ms if value]
        use_log_y_axis(panels[0], 0.8 * min(known), 1.25 * max(known))
        panels[0].set_ylabel("p95 in ms")
        panels[1].set_ylim(bottom=0)
        panels[1].set_ylabel("in flight")
        _finish(figure, panels)
        svg = inline_svg(
            figure,
            chart_id=chart_id,
            title="Response time and requests under way while something was broken",
            description=f"{caption} Before is dashed and grey, after solid and blue. Numbers follow below.",
        )
    return Chart(id=chart_id, caption=caption, svg=svg, table=_latency_table(variants))


def _figure(panel_count: int) -> Figure:
    height = _FRAME_HEIGHT_IN + _PANEL_HEIGHT_IN * panel_count
    return Figure(figsize=(_WIDTH_IN, height), layout="constrained")


def _panels(figure: Figure, count: int) -> list[Axes]:
    return list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])


def _finish(figure: Figure, panels: Sequence[Axes]) -> None:
    for axes in panels:
        axes.grid(visible=True, axis="y", linewidth=0.8)
        axes.margins(x=0.01)
    handles = {label: handle for handle, label in zip(*panels[0].get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=4)
    panels[-1].set_xlabel("seconds since the start of the slice")


def _shade(axes: Axes, variant: VariantFaults, faults: Faults, *, with_names: bool) -> None:
    """Shade the time of each fault, with its edges drawn: a shade alone would be lost in print."""
    for mark in variant.marks:
        axes.axvspan(mark.start_s, mark.end_s, color=MUTED, alpha=0.18, linewidth=0, zorder=0)
        for edge in (mark.start_s, mark.end_s):
            axes.axvline(edge, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
        if with_names:
            axes.annotate(
                _name(faults.titles.get(mark.fault, mark.fault), 34),
                (mark.start_s, 1.0), xycoords=("data", "axes fraction"),
                xytext=(3, -9), textcoords="offset points", fontsize=8,
            )  # fmt: skip


def _name(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _too_little(faults: Faults, subject: str) -> NotEnoughData:
    found = max((len(one.at_s) for one in faults.variants), default=0)
    return NotEnoughData(subject=subject, found=found, needed=_MIN_SECONDS, noun="seconds")


def _answers_table(variants: Sequence[VariantFaults]) -> DataTable:
    rows = [
        (
            f"{one.id}, {at_s:g} s",
            *(
                number_text(column[index])
                for column in (one.asked, one.good, one.slow, one.refused, one.failed)
            ),
        )
        for one in variants
        for index, at_s in enumerate(one.at_s)
    ]
    return DataTable(
        caption=f"Requests by second{_more(rows)}",
        columns=("variant and second", "asked /s", "good", "too slow", "refused", "failed"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )


def _latency_table(variants: Sequence[VariantFaults]) -> DataTable:
    rows = [
        (
            f"{one.id}, {at_s:g} s",
            _milliseconds(one.p50_ms[index]),
            _milliseconds(one.p95_ms[index]),
            number_text(one.in_flight[index]),
        )
        for one in variants
        for index, at_s in enumerate(one.at_s)
    ]
    return DataTable(
        caption=f"Response time by second{_more(rows)}",
        columns=("variant and second", "p50", "p95", "in flight"),
        rows=tuple(rows[:_TABLE_ROWS]),
    )


def _more(rows: Sequence[object]) -> str:
    return f"; {len(rows) - _TABLE_ROWS} more in results.json" if len(rows) > _TABLE_ROWS else ""


def _milliseconds(value: float | None) -> str:
    return "too few answers" if value is None else with_unit(number_text(value, unit="ms"), "ms")
