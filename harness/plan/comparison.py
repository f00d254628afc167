"""Plan a comparison of two servers that already run, fitted to the time that there is."""

from pathlib import Path

from harness.errors import UsageError
from harness.model.plan import Plan, Precision, Scenario, Workers
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
PRECISION_SHARE = 0.25
"""Of a round, unless told otherwise: as in measurement.md, section 5."""
MOST_TURNS = 2000
"""Arrivals of a precision part where nobody names a number; its seconds end it long before."""
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
    precision_s: float | None = None,
    workers: Workers | None = None,
) -> Plan:
    """Plan rounds on two running servers that take about `minutes` in all.

    Args:
        before_url: of the server before the change.
        after_url: of the other one.
        locustfile: what users do.
        rate: arrivals a second on each server.
        minutes: of the whole run.
        kpi_file: by which it is judged.
        seed: draws places, order and arrivals.
        precision_s: seconds of each round in which each arrival goes to both, one at a time; 0 for none, None
            for PRECISION_SHARE of the round.
        workers: processes that share the load.

    Raises:
        UsageError: the time is too short for the rate, and the message says how long it must be; or workers
            are to share a precision part.
    """
    if workers:
        _require_no_precision(precision_s)
        precision_s = 0
    slice_s = max(SHORTEST_SLICE_S, SLICE_REQUESTS / rate)
    rounds = LONG_ROUNDS if minutes >= LONG_RUN_MINUTES else ROUNDS
    if _couples(minutes * 60 / rounds, slice_s, precision_s) < LONG_COUPLES:
        rounds = ROUNDS
    round_s = minutes * 60 / rounds
    couples = _couples(round_s, slice_s, precision_s)
    if couples < 1:
        enough = _shortest_minutes(slice_s, precision_s)
        raise UsageError(
            f"{minutes:g} minutes are too short for {rate:g} arrivals a second: {ROUNDS} rounds "
            f"with {SLICE_REQUESTS} arrivals a slice need {enough:g} minutes.",
            hint="Give more --minutes, a higher --rate or a shorter --precision.",
        )
    turns_s = _precision_s(round_s, precision_s)
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
            precision_s=turns_s,
        ),
        precision=Precision(seconds=turns_s, arrivals=MOST_TURNS) if turns_s else None,
        kpi_file=str(kpi_file),
    )


def _require_no_precision(precision_s: float | None) -> None:
    if precision_s:
        raise UsageError(
            "One request at a time cannot be shared by workers.",
            hint="Leave out --precision, or the workers.",
        )


def _warm_up_s(round_s: float) -> float:
    return max(SHORTEST_WARM_UP_S, WARM_UP_SHARE * round_s)


def _precision_s(round_s: float, asked_s: float | None) -> float:
    return PRECISION_SHARE * round_s if asked_s is None else asked_s


def _couples(round_s: float, slice_s: float, asked_precision_s: float | None) -> int:
    precision_s = _precision_s(round_s, asked_precision_s)
    rest_s = SLICE_OVERHEAD_S if precision_s else 0
    load_s = round_s - GENERATOR_START_S - 2 * (_warm_up_s(round_s) + SLICE_OVERHEAD_S) - precision_s - rest_s
    return int(load_s / (2 * (slice_s + SLICE_OVERHEAD_S)))


def _shortest_minutes(slice_s: float, asked_precision_s: float | None) -> float:
    """Return the fewest minutes, in tenths, with room for one couple in each round."""
    tenths = 1
    while _couples(6 * tenths / ROUNDS, slice_s, asked_precision_s) < 1:
        tenths += 1
    return tenths / 10
