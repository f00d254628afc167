"""Arrival times: seeded, exponential, and equal everywhere."""

import math

import pytest

from harness.plan.arrivals import poisson_arrivals, schedule_hash


def test_equal_seeds_give_equal_arrivals_and_others_do_not():
    first = poisson_arrivals(rate=20, duration_s=10, seed=7)

    assert first == poisson_arrivals(rate=20, duration_s=10, seed=7)
    assert first != poisson_arrivals(rate=20, duration_s=10, seed=8)


def test_arrivals_are_ordered_and_inside_the_slice():
    offsets = [arrival.offset_ns for arrival in poisson_arrivals(rate=50, duration_s=4, seed=3)]

    assert offsets == sorted(offsets)
    assert offsets[0] > 0
    assert offsets[-1] < 4e9


@pytest.mark.parametrize("rate", [0.5, 20, 500])
def test_gaps_are_exponential_with_the_asked_mean(rate):
    count = 20_000
    offsets = [a.offset_ns / 1e9 for a in poisson_arrivals(rate=rate, duration_s=count / rate, seed=1)]
    gaps = [later - earlier for earlier, later in zip([0.0, *offsets], offsets, strict=False)]
    mean = sum(gaps) / len(gaps)
    over_the_mean = sum(gap > 1 / rate for gap in gaps) / len(gaps)

    assert abs(len(offsets) - count) < 5 * math.sqrt(count)
    assert mean == pytest.approx(1 / rate, rel=0.04)
    assert over_the_mean == pytest.approx(math.exp(-1), abs=0.02)


def test_a_slice_may_hold_no_arrival():
    assert poisson_arrivals(rate=0.001, duration_s=0.001, seed=1) == ()


def test_the_hash_tells_schedules_apart():
    one = poisson_arrivals(rate=20, duration_s=2, seed=1)

    assert schedule_hash(one) == schedule_hash(poisson_arrivals(rate=20, duration_s=2, seed=1))
    assert schedule_hash(one) != schedule_hash(one[:-1])
