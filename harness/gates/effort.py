"""How much more measuring would decide a KPI: measurement.md's n_needed = n (half-width / wanted)^2."""

import math
from dataclasses import dataclass

from harness.model.measurement import Estimate
from harness.model.verdict import Target

HOPELESS_FACTOR = 40.0
"""Beyond so many times the run's length, chance decides where the estimate lies: nothing is promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a run has cost so far."""

    rounds: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreEffort:
    """How many rounds more would decide, and the sentence that says so."""

    rounds: float
    """Infinite where no promise can be made."""
    sentence: str


def more_effort(effort: Effort, estimate: Estimate, target: Target) -> MoreEffort:
    """Estimate what else it takes until the interval of `estimate` leaves `target`.

    The interval shrinks with the root of the number of rounds. Where everything is positive it is taken on
    the logarithmic scale, on which it was made.
    """
    value, low, high, limit = _on_scale(estimate, target)
    half_width = value - low if value > limit else high - value
    wanted = abs(value - limit)
    factor = (half_width / wanted) ** 2 if wanted > 0 else math.inf
    if factor > HOPELESS_FACTOR:
        told = "The estimate lies so near the target that more rounds of this kind would hardly decide."
        return MoreEffort(rounds=math.inf, sentence=told)
    return _told(effort, effort.rounds * factor)


def effort_for_requests(effort: Effort, count: int, needed: int) -> MoreEffort:
    """Estimate what else it takes until `needed` requests are there; the rounds so far had `count`."""
    return _told(effort, effort.rounds * needed / count)


def _told(effort: Effort, rounds_in_all: float) -> MoreEffort:
    rounds = max(1, math.ceil(rounds_in_all) - effort.rounds)
    minutes = math.ceil(rounds * effort.minutes / effort.rounds) if effort.rounds else 0
    noun = "round" if rounds == 1 else "rounds"
    time = f"{minutes} minute" + ("" if minutes == 1 else "s")
    return MoreEffort(
        rounds=rounds, sentence=f"About {rounds} more {noun} ({time}) of the same kind would decide."
    )


def _on_scale(estimate: Estimate, target: Target) -> tuple[float, float, float, float]:
    numbers = (estimate.value, estimate.low, estimate.high, target.value)
    shifted = tuple(1 + number / 100 for number in numbers) if target.is_change else numbers
    if min(shifted) > 0:
        value, low, high, limit = (math.log(number) for number in shifted)
        return value, low, high, limit
    return numbers
