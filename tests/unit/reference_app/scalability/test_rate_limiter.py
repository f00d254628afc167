"""AdvancedRateLimiter by its rules: pressure with a gap, refusals that end, counts that balance."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.middleware.request_limits import CLASS_LIMITS
from reference_app.scalability.rate_limiter import (
    CPU_HIGH,
    CPU_LOW,
    LOOK_AGAIN_S,
    MEMORY_HIGH,
    MEMORY_LOW,
    AdvancedRateLimiter,
    Load,
    Pressure,
    Refusals,
    UnderWay,
)
from reference_app.settings import TIER_LIMITS, TIER_UNDER_WAY

PERCENT = st.floats(0, 100)
QUIET, BUSY = Load(20.0, 40.0), Load(99.0, 40.0)


@given(readings=st.lists(st.builds(Load, PERCENT, PERCENT), min_size=1))
def test_pressure_begins_above_the_high_marks_and_ends_below_both_low_ones_alone(
    readings: list[Load],
) -> None:
    pressure = Pressure()
    for load in readings:
        was_on = pressure.is_on
        pressure.note(load)
        is_high = load.cpu_percent > CPU_HIGH or load.memory_percent > MEMORY_HIGH
        is_low = load.cpu_percent < CPU_LOW and load.memory_percent < MEMORY_LOW

        assert pressure.is_on == (is_high or (was_on and not is_low))
        assert pressure.factor == (0.5 if pressure.is_on else 1.0)


@pytest.mark.parametrize("between", [Load(60.0, 40.0), Load(20.0, 80.0)])
def test_between_the_marks_everything_stays_as_it_is(between: Load) -> None:
    pressure = Pressure()
    pressure.note(between)
    assert not pressure.is_on
    pressure.note(BUSY)
    pressure.note(between)
    assert pressure.is_on
    pressure.note(QUIET)
    assert not pressure.is_on
    assert pressure.change_count == 2


@given(quota=st.integers(1, 10**9), load=st.sampled_from([QUIET, BUSY]))
def test_pressure_halves_a_quota_and_leaves_at_least_one_request(quota: int, load: Load) -> None:
    limiter: AdvancedRateLimiter[str] = AdvancedRateLimiter(lambda: 0.0)
    limiter.pressure.note(load)

    assert limiter.adapted(quota) == (quota if load is QUIET else max(1, quota // 2))


def test_every_published_quota_survives_pressure() -> None:
    limiter: AdvancedRateLimiter[str] = AdvancedRateLimiter(lambda: 0.0)
    limiter.pressure.note(BUSY)
    published = [*TIER_UNDER_WAY.values(), *(limit.burst for limit in CLASS_LIMITS.values())]
    published += [count for counts in TIER_LIMITS.values() for count in counts]

    assert all(1 <= limiter.adapted(quota) <= quota for quota in published)


@given(
    events=st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0.0, 100.0), st.floats(0.0, 2.0), st.booleans()),
        max_size=60,
    )
)
def test_a_refusal_holds_for_its_caller_until_admission_and_at_most_a_second(
    events: list[tuple[str, float, float, bool]],
) -> None:
    now_s = 0.0
    refusals: Refusals[float] = Refusals(lambda: now_s)
    ends_s: dict[str, float] = dict.fromkeys("abc", -math.inf)
    for caller, retry_after_s, passes_s, is_refused in events:
        if is_refused:
            refusals.note(caller, retry_after_s, retry_after_s)
            ends_s[caller] = now_s + min(retry_after_s, LOOK_AGAIN_S)
        now_s += passes_s
        for key, end_s in ends_s.items():
            assert (refusals.find(key) is not None) == (now_s < end_s)


def test_callers_who_were_refused_do_not_fill_the_memory() -> None:
    refusals: Refusals[int] = Refusals(lambda: 0.0, most=100)
    for number in range(10_000):
        refusals.note(f"caller {number}", number, 1.0)

    assert len(refusals) == 100
    assert refusals.find("caller 9999") is not None


@given(steps=st.lists(st.tuples(st.sampled_from("ab"), st.booleans())), most=st.integers(1, 4))
def test_never_more_of_a_caller_are_under_way_than_allowed_and_the_others_do_not_count(
    steps: list[tuple[str, bool]], most: int
) -> None:
    under_way = UnderWay()
    counts: Counter[str] = Counter()
    for caller, enters in steps:
        if enters:
            assert under_way.enter(caller, most) == (counts[caller] < most)
            counts[caller] = min(most, counts[caller] + 1)
        elif counts[caller]:
            under_way.leave(caller)
            counts[caller] -= 1

    assert len(under_way) == sum(count > 0 for count in counts.values())
