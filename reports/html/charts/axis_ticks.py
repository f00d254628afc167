"""Ticks that people can read on a logarithmic axis: 1, 2, 5, 10, ... written as plain numbers."""

import math

from matplotlib.axes import Axes

from reports.number_text import with_unit

_MAX_TICKS = 9


def use_log_x_axis(axes: Axes, low: float, high: float, *, unit: str = "") -> None:
    """Make x logarithmic from `low` to `high` (both above 0) with ticks at 1, 2, 5 times a power of ten."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = log_ticks(low, high)
    axes.set_xticks(ticks, [with_unit(f"{tick:,g}", unit) for tick in ticks])
    axes.set_xticks([], minor=True)


def use_log_y_axis(axes: Axes, low: float, high: float) -> None:
    """Make y logarithmic, as `use_log_x_axis` does for x."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    ticks = log_ticks(low, high)
    axes.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def log_ticks(low: float, high: float) -> list[float]:
    """Give at most nine round values within `low` and `high`; the powers of ten alone if that is enough."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{step}e{e}") for e in exponents for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= _MAX_TICKS:
            break
    return inside
