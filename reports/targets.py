"""The targets of a KPI as positions on a chart; what cannot be drawn is None, and nothing is judged."""

import re
from dataclasses import dataclass

from reports.results import Estimate, Kpi

_TARGET = re.compile(
    r"(?P<change>change\s+)?(?P<operator><=|<|>=|>)\s*"
    r"(?P<value>[+\-\N{MINUS SIGN}]?\d+(?:\.\d+)?)\s*(?P<unit>\S*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line that must hold, taken apart."""

    text: str
    is_change: bool
    is_upper_limit: bool
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPosition:
    """Where before and after stand, in percent of one target: 100 is exactly the target."""

    kpi: Kpi
    target: Target
    before: float
    after: float
    after_low: float
    after_high: float


def parse_target(text: str) -> Target | None:
    """Take `<= 400 ms` or `change <= -60 %` apart; None if it is neither."""
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        return None
    return Target(
        text=text,
        is_change=match["change"] is not None,
        is_upper_limit=match["operator"].startswith("<"),
        value=float(match["value"].replace("\N{MINUS SIGN}", "-")),
        unit=match["unit"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How far inside a target the measured value and the ends of its interval are; negative is outside."""

    value: float
    low: float
    high: float
    unit: str


def margin(kpi: Kpi, target: Target) -> Margin | None:
    """Give the room that is left to one target; of a target for the change in percentage points."""
    seen = kpi.change if target.is_change else kpi.after
    if seen is None or seen.unit != target.unit:
        return None
    ends = [target.value - seen.low, target.value - seen.high]
    if not target.is_upper_limit:
        ends = [-end for end in ends]
    value = target.value - seen.value if target.is_upper_limit else seen.value - target.value
    return Margin(
        value=value, low=min(ends), high=max(ends), unit="points" if target.is_change else seen.unit
    )


def absolute_target(kpi: Kpi, unit: str) -> Target | None:
    """Find the KPI's target for after itself in the given unit."""
    targets = (parse_target(text) for text in kpi.targets)
    return next((t for t in targets if t and not t.is_change and t.unit == unit), None)


def target_positions(kpi: Kpi) -> tuple[TargetPosition, ...]:
    """Express a KPI in percent of each of its targets; without values there is no position."""
    targets = (parse_target(text) for text in kpi.targets)
    positions = (_position(kpi, target) for target in targets if target)
    return tuple(position for position in positions if position)


def _position(kpi: Kpi, target: Target) -> TargetPosition | None:
    if target.is_change:
        # after/before is 1 + change/100 on both sides; before itself has changed by nothing.
        return _scaled(kpi, target, 0.0, kpi.change, offset=100.0)
    if kpi.before is None or kpi.before.unit != target.unit:
        return None
    return _scaled(kpi, target, kpi.before.value, kpi.after, offset=0.0)


def _scaled(
    kpi: Kpi, target: Target, before: float, after: Estimate | None, *, offset: float
) -> TargetPosition | None:
    level = target.value + offset
    if after is None or after.unit != target.unit or level <= 0:
        return None
    percent = 100.0 / level
    return TargetPosition(
        kpi=kpi,
        target=target,
        before=(before + offset) * percent,
        after=(after.value + offset) * percent,
        after_low=(after.low + offset) * percent,
        after_high=(after.high + offset) * percent,
    )
