"""Far more than the capacity, on a simulated server: without the throttler it answers nobody in time."""

import pytest

from reference_app.scalability.request_throttler import Gradient2Limit, RequestClass, RequestThrottler
from tests.unit.reference_app.scalability.overload import PATIENCE_S, Outcome, Simulation

KINDS = (RequestClass("bookings"), RequestClass("reads"), RequestClass("analytics", 0.5))
QUIET_S, LOUD_S, AFTER_S = 10.0, 30.0, 10.0
SEED = 7


def throttled(seed: int, *stages: tuple[float, float]) -> tuple[Outcome, Gradient2Limit]:
    limit = Gradient2Limit()
    simulation = Simulation(seed, lambda clock: RequestThrottler(limit, KINDS, clock))
    return simulation.run(stages, KINDS), limit


@pytest.fixture(scope="module")
def p99_at_capacity_s() -> float:
    outcome, _ = throttled(SEED, (LOUD_S, 1.0))
    return outcome.p99_s(2, LOUD_S)


@pytest.mark.parametrize("multiple", [2.0, 5.0, 10.0])
def test_goodput_stays_and_admitted_requests_are_fast_at_many_times_the_capacity(
    multiple: float, p99_at_capacity_s: float
) -> None:
    outcome, limit = throttled(SEED, (QUIET_S, 0.5), (LOUD_S, multiple), (AFTER_S, 0.5))
    start_s, end_s = QUIET_S + 2, QUIET_S + LOUD_S

    assert outcome.goodput(start_s, end_s) >= 0.85
    assert outcome.p99_s(start_s, end_s) <= 3 * p99_at_capacity_s
    assert outcome.refused_share("bookings", start_s, end_s) <= outcome.refused_share("reads", start_s, end_s)
    assert outcome.refused_share("reads", start_s, end_s) < outcome.refused_share("analytics", start_s, end_s)
    # Back to normal: from five seconds on nobody is refused, and nobody waits long.
    assert outcome.goodput(end_s + 5, end_s + AFTER_S) == pytest.approx(0.5, abs=0.2)
    assert all(at_s < end_s + 5 for _, at_s in outcome.refused)
    assert outcome.p99_s(end_s + 5, end_s + AFTER_S) <= p99_at_capacity_s
    assert limit.minimum <= limit.value <= limit.maximum


def test_without_the_throttler_the_server_works_all_the_time_for_callers_who_have_gone() -> None:
    outcome = Simulation(SEED, None).run(((QUIET_S, 0.5), (LOUD_S, 2.0)), KINDS)

    assert outcome.goodput(QUIET_S + 5, QUIET_S + LOUD_S) < 0.05
    assert outcome.p99_s(QUIET_S + 5, QUIET_S + LOUD_S) > 5 * PATIENCE_S


def test_in_an_overload_of_two_minutes_the_limit_does_not_drift_away() -> None:
    outcome, limit = throttled(SEED, (QUIET_S, 0.5), (120.0, 2.0))

    assert limit.value < 20
    assert outcome.p99_s(QUIET_S + 100, QUIET_S + 120) < PATIENCE_S


def test_below_the_capacity_nobody_is_refused() -> None:
    outcome, _ = throttled(SEED, (60.0, 0.7))

    assert outcome.refused == []
