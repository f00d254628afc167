"""How long a round lasts, and how many couples fit into the time that there is."""

import math
from collections.abc import Sequence

from harness.errors import UsageError
from harness.model.variant import Variant
from harness.plan.comparison import (
    GENERATOR_START_S,
    LONG_ROUNDS,
    LONG_RUN_MINUTES,
    ROUNDS,
    SLICE_OVERHEAD_S,
)

LOOKS = (8, 12, 18, 24)
"""Rounds after which a run that goes on until it is decided is looked at (docs/adr/0019)."""
SERVER_START_S = 2.0
"""What a fresh database and server cost a round, each."""


def rounds_for(minutes: float) -> int:
    """Return how many rounds a run of so many minutes should have."""
    return LONG_ROUNDS if minutes >= LONG_RUN_MINUTES else ROUNDS


def couples_within(
    minutes: float,
    *,
    rounds: int,
    variants: Sequence[Variant],
    slice_s: float,
    warm_up_s: float,
    precision_s: float,
) -> int:
    """Return how many couples a round may have so that all rounds take about so many minutes.

    Raises:
        UsageError: not even one fits; the message says how long it must be.
    """
    count = len(variants)
    fixed_s = (
        GENERATOR_START_S
        + SERVER_START_S * sum(not variant.url for variant in variants)
        + count * (warm_up_s + SLICE_OVERHEAD_S)
        + (precision_s + SLICE_OVERHEAD_S if precision_s else 0)
    )
    couple_s = count * (slice_s + SLICE_OVERHEAD_S)
    couples = int((60 * minutes / rounds - fixed_s) / couple_s)
    if couples < 1:
        shortest = math.ceil(rounds * (fixed_s + couple_s) / 6) / 10
        raise UsageError(
            f"{minutes:g} minutes are too short: {rounds} rounds of this experiment need {shortest:g}.",
            hint="Give more minutes, or a shorter warm-up, precision part or slice in the experiment file.",
        )
    return couples
