"""Rates as people write them -> Stages."""

from collections.abc import Sequence

from harness.model.plan import Stage


def stages_of(rate: float | Sequence[tuple[float, float]]) -> tuple[Stage, ...]:
    """Return a rate, or pairs of rate and seconds, as stages.

    Raises:
        ValueError: no arrival would ever come, or a number is negative.
    """
    pairs = [(rate, 0.0)] if isinstance(rate, (int, float)) else list(rate)
    stages = tuple(Stage(rate=end, seconds=seconds) for end, seconds in pairs)
    if min((min(pair) for pair in pairs), default=-1) < 0 or not any(stage.rate for stage in stages):
        raise ValueError("A rate and its seconds must be 0 or more, and one rate above 0.")
    return stages


def parse_rate(text: str) -> tuple[Stage, ...]:
    """Read `50` or `10:60,50:0,50:120`.

    Raises:
        ValueError: it is neither, or no arrival would ever come.
    """
    if ":" not in text:
        return stages_of(float(text))
    pairs = [stage.split(":") for stage in text.split(",")]
    return stages_of([(float(rate), float(seconds)) for rate, seconds in pairs])
