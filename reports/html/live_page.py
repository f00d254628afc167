"""The page of a run that goes on: how far it is, and what the last slices showed."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.html.environment import make_environment
from reports.html.layout import style_sheet
from reports.run_watch import LiveRun, LiveSlice

_REFRESH_S = 2
_MAX_ROWS = 24
_WIDTH, _HEIGHT = 720.0, 200.0
_CLASSES = ("before", "after")


def render_live(run: LiveRun, *, report_path: str) -> str:
    """Give the page; while the run goes on it asks for itself again every two seconds."""
    sides = (run.variants[0], run.variants[-1])
    return (
        make_environment()
        .get_template("live.html")
        .render(
            style=Markup(style_sheet()),  # noqa: S704  - our own file
            run=run,
            has_report=bool(report_path),
            report_path=report_path,
            refresh_s=_REFRESH_S if run.is_running or not (run.outcome and report_path) else 0,
            latest=tuple(reversed(run.slices))[:_MAX_ROWS],
            round_now=max((one.round_index for one in run.slices), default=0),
            lines=_lines(run.slices, sides),
            width=_WIDTH,
            height=_HEIGHT,
            request_count=sum(one.request_count for one in run.slices),
            failed_count=sum(one.failed_count for one in run.slices),
            so_far=[_so_far(side, run.slices) for side in sides],
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SoFar:
    """What the finished slices of one variant show; None where none can say."""

    variant: str
    rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    request_count: int
    failed_count: int


def _so_far(variant: str, slices: Sequence[LiveSlice]) -> _SoFar:
    own = [one for one in slices if one.variant == variant]
    return _SoFar(
        variant=variant,
        rate=_median(one.rate for one in own),
        p50_ms=_median(one.p50_ms for one in own),
        p95_ms=_median(one.p95_ms for one in own),
        request_count=sum(one.request_count for one in own),
        failed_count=sum(one.failed_count for one in own),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _lines(slices: Sequence[LiveSlice], sides: Sequence[str]) -> list[tuple[str, str, str]]:
    """Give class, variant and points of each side's medians, on one logarithmic scale; none if few."""
    values = {side: [one.p50_ms for one in slices if one.variant == side and one.p50_ms] for side in sides}
    known = [value for column in values.values() for value in column]
    if min(len(column) for column in values.values()) < 2:
        return []
    low, high = math.log(min(known) / 1.1), math.log(max(known) * 1.1)
    return [
        (
            class_,
            side,
            " ".join(
                _point(index, len(values[side]), value, low, high) for index, value in enumerate(values[side])
            ),
        )
        for class_, side in zip(_CLASSES, sides, strict=True)
    ]


def _point(index: int, count: int, value: float, low: float, high: float) -> str:
    x = _WIDTH * index / (count - 1)
    y = _HEIGHT * (1 - (math.log(value) - low) / (high - low))
    return f"{x:.1f},{y:.1f}"
