"""Plan a comparison of two servers that already run, fitted to the time that there is."""

import math
from pathlib import Path

from harness.errors import UsageError
from harness.model.plan import Plan, Scenario, Workers
from harness.model.variant import Variant
from harness.plan.schedule import draw_rounds

ROUNDS = 6
"""The fewest that give an exact 95 % signed-rank interval."""
LONG_ROUNDS = 12
"""From LONG_RUN_MINUTES on: more rounds are worth more than longer ones (measurement.md section 5)."""
LONG_RUN_MINUTES = 15
LONG_COUPLES = 4
"""More rounds may not leave a round with fewer couples than this."""
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
    workers: Workers | None = None,
) -> Plan:
    """Plan rounds on two running servers that take about `minutes` in all.

    Raises:
        UsageError: the time is too short for the rate; the message says how long it must be.
    """
    slice_s = max(SHORTEST_SLICE_S, SLICE_REQUESTS / rate)
    rounds = LONG_ROUNDS if minutes >= LONG_RUN_MINUTES else ROUNDS
    if _couples(minutes * 60 / rounds, slice_s) < LONG_COUPLES:
        rounds = ROUNDS
    round_s = minutes * 60 / rounds
    couples = _couples(round_s, slice_s)
    if couples < 1:
        raise UsageError(
            f"{minutes:g} minutes are too short for {rate:g} arrivals a second: {ROUNDS} rounds "
            f"with {SLICE_REQUESTS} arrivals a slice need {_shortest_minutes(slice_s):g} minutes.",
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
        scenario=Scenario(locustfile=str(locustfile), rate=rate, workers=workers),
        variants=variants,
        rounds=draw_rounds(
            [variant.id for variant in variants],
            rounds=rounds,
            couples=couples,
            slice_s=slice_s,
            warm_up_s=_warm_up_s(round_s),
            seed=seed,
        ),
        kpi_file=str(kpi_file),
    )


def _warm_up_s(round_s: float) -> float:
    return max(SHORTEST_WARM_UP_S, WARM_UP_SHARE * round_s)


def _couples(round_s: float, slice_s: float) -> int:
    load_s = round_s - GENERATOR_START_S - 2 * (_warm_up_s(round_s) + SLICE_OVERHEAD_S)
    return int(load_s / (2 * (slice_s + SLICE_OVERHEAD_S)))


def _shortest_minutes(slice_s: float) -> float:
    fixed_s = GENERATOR_START_S + 2 * SLICE_OVERHEAD_S + 2 * (slice_s + SLICE_OVERHEAD_S)
    round_s = max(fixed_s + 2 * SHORTEST_WARM_UP_S, fixed_s / (1 - 2 * WARM_UP_SHARE))
    return math.ceil(ROUNDS * round_s / 6 + 1e-6) / 10
