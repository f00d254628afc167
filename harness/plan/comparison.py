"""Plan a comparison of two servers that already run, fitted to the time that there is."""

import math
from pathlib import Path

from harness.errors import UsageError
from harness.model.plan import Plan, Scenario
from harness.model.variant import Variant
from harness.plan.schedule import draw_rounds

ROUNDS = 6
"""The fewest that give an exact 95 % signed-rank interval."""
LONG_ROUNDS = 12
"""From LONG_RUN_MINUTES on: more rounds are worth more than longer ones (measurement.md section 5)."""
LONG_RUN_MINUTES = 15
SLICE_REQUESTS = 40
"""A slice holds at least so many arrivals (measurement.md section 5)."""
SHORTEST_SLICE_S = 2.0
GENERATOR_START_S = 2.5
"""What starting a fresh generator costs a round."""
SLICE_OVERHEAD_S = 0.4
"""Drain and rest after a slice."""
WARM_UP_SHARE = 0.1
SHORTEST_WARM_UP_S = 1.0


def plan_comparison(
    *,
    before_url: str,
    after_url: str,
    locustfile: Path,
    rate: float,
    minutes: float,
    kpi_file: Path,
    seed: int,
) -> Plan:
    """Plan rounds on two running servers that take about `minutes` in all.

    Raises:
        UsageError: the time is too short for the rate; the message says how long it must be.
    """
    rounds = LONG_ROUNDS if minutes >= LONG_RUN_MINUTES else ROUNDS
    round_s = minutes * 60 / rounds
    slice_s = max(SHORTEST_SLICE_S, SLICE_REQUESTS / rate)
    warm_up_s = max(SHORTEST_WARM_UP_S, WARM_UP_SHARE * round_s)
    couple_s = 2 * (slice_s + SLICE_OVERHEAD_S)
    couples = int((round_s - GENERATOR_START_S - 2 * (warm_up_s + SLICE_OVERHEAD_S)) / couple_s + 1e-9)
    if couples < 1:
        fixed_s = GENERATOR_START_S + 2 * SLICE_OVERHEAD_S + couple_s
        shortest_round_s = max(fixed_s + 2 * SHORTEST_WARM_UP_S, fixed_s / (1 - 2 * WARM_UP_SHARE))
        shortest_minutes = math.ceil(ROUNDS * shortest_round_s / 6) / 10
        raise UsageError(
            f"{minutes:g} minutes are too short for {rate:g} arrivals a second: "
            f"{ROUNDS} rounds with {SLICE_REQUESTS} arrivals a slice need {shortest_minutes:g} minutes.",
            hint="Give more --minutes or a higher --rate.",
        )
    variants = (
        Variant(id="before", title=f"Before: {before_url}", url=before_url.rstrip("/")),
        Variant(id="after", title=f"After: {after_url}", url=after_url.rstrip("/")),
    )
    return Plan(
        experiment="compare",
        title="Before against after on two running servers",
        seed=seed,
        scale=1,
        scenario=Scenario(locustfile=str(locustfile), rate=rate),
        variants=variants,
        rounds=draw_rounds(
            [variant.id for variant in variants],
            rounds=rounds,
            couples=couples,
            slice_s=slice_s,
            warm_up_s=warm_up_s,
            seed=seed,
        ),
        kpi_file=str(kpi_file),
    )
