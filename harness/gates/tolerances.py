"""By how much guards may get worse: what a KPI file says, and what holds where it is silent."""

import re
from collections.abc import Mapping

TOLERANCES: Mapping[str, float] = {
    "response_time": 15.0,
    "unloaded_time": 7.5,
    "db_time": 15.0,
    "cpu_time": 15.0,
    "slow_share": 0.5,
    "error_share": 0.5,
}
"""By metric: percent of before, of shares percentage points. Half an hour resolves 7.5 % of one request alone
and 15 % under load on machines of every kind that was simulated (docs/benchmarks.md, verdicts). What is not
named is no guard: it is part of what is, or a matter of its own."""

CLOSE_TOLERANCES: Mapping[str, float] = {
    **TOLERANCES,
    "response_time": 10.0,
    "unloaded_time": 5.0,
    "db_time": 10.0,
    "cpu_time": 10.0,
}
"""Of a run that goes on until it is decided: up to an hour resolves these."""

IN_POINTS = frozenset({"slow_share", "error_share"})

_TOLERANCE = re.compile(r"\s*(?P<value>\d+(\.\d*)?|\.\d+)\s*(?P<unit>\S*)\s*")


def parse_tolerance(text: str, metric: str) -> float | None:
    """Return the percent, or percentage points, that `text` allows a metric; None: it is not watched.

    Raises:
        ValueError: it says neither; the message says why.
    """
    if text.strip() == "none":
        return None
    unit = "points" if metric in IN_POINTS else "%"
    match = _TOLERANCE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no tolerance; write '{TOLERANCES[metric]:g} {unit}', or none")
    if match["unit"] != unit:
        given = f"is not given in {match['unit']}, but" if match["unit"] else "has no unit; it is given"
        raise ValueError(f"{text!r}: the tolerance of {metric} {given} in {unit}")
    return float(match["value"])


def tolerances_of(asked: Mapping[str, str], *, has_looks: bool) -> Mapping[str, float]:
    """Return the tolerance of each metric that is watched.

    Args:
        asked: the `guards` of a KPI file, by metric; what is missing has its default.
        has_looks: the run goes on until it is decided, and resolves more.
    """
    defaults = CLOSE_TOLERANCES if has_looks else TOLERANCES
    texts = {metric: parse_tolerance(text, metric) for metric, text in asked.items()}
    found = {metric: texts.get(metric, default) for metric, default in defaults.items()}
    return {metric: tolerance for metric, tolerance in found.items() if tolerance is not None}
