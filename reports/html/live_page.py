"""The page of a run that goes on: how far it is, and what the last slices showed."""

import math
from collections.abc import Sequence

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
            refresh_s=0 if run.outcome or run.state in {"failed", "interrupted"} else _REFRESH_S,
            latest=tuple(reversed(run.slices))[:_MAX_ROWS],
            round_now=max((one.round_index for one in run.slices), default=0),
            lines=_lines(run.slices, sides),
            width=_WIDTH,
            height=_HEIGHT,
            request_count=sum(one.request_count for one in run.slices),
            failed_count=sum(one.failed_count for one in run.slices),
        )
    )


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
