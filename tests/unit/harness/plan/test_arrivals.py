"""Arrival times: seeded, exponential, and equal everywhere."""

import math

import pytest

from harness.model.plan import ClosedLoop, Scenario, Slice, Stage
from harness.plan.arrivals import arrivals_within, draw_arrivals, draw_load, poisson_arrivals, schedule_hash


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


def seconds_of(stages, *, distribution="uniform", over_s):
    stages = [Stage(rate=rate, seconds=seconds) for rate, seconds in stages]
    arrivals = arrivals_within(over_s, stages, distribution=distribution, seed=1)
    return [arrival.offset_ns / 1e9 for arrival in arrivals]


def test_uniform_arrivals_are_evenly_spaced_and_as_many_as_the_rate_says():
    assert seconds_of([(10, 0)], over_s=0.5) == pytest.approx([0.05, 0.15, 0.25, 0.35, 0.45])


def test_a_step_changes_the_rate_at_once_and_the_last_rate_goes_on():
    offsets = seconds_of([(10, 2), (100, 0)], over_s=4)

    assert sum(offset < 2 for offset in offsets) == 20
    assert len(offsets) == 20 + 200


@pytest.mark.parametrize(
    ("stages", "over_s", "first_half", "total"),
    [
        ([(0, 0), (40, 10)], 10, 50, 200),  # up from 0: the area of a triangle
        ([(40, 0), (0, 10)], 20, 150, 200),  # down to 0, and none afterwards
        ([(10, 4), (30, 4), (30, 2)], 10, 40 + 12.5, 40 + 80 + 60),
    ],
)
def test_a_ramp_goes_in_a_straight_line(stages, over_s, first_half, total):
    offsets = seconds_of(stages, over_s=over_s)

    assert len(offsets) == pytest.approx(total, abs=1)
    assert sum(offset < 5 for offset in offsets) == pytest.approx(first_half, abs=1)


def test_poisson_arrivals_follow_a_ramp_within_chance():
    offsets = seconds_of([(0, 0), (200, 100)], distribution="poisson", over_s=100)

    assert abs(len(offsets) - 10_000) < 4 * math.sqrt(10_000)
    assert abs(sum(offset < 50 for offset in offsets) - 2_500) < 4 * math.sqrt(2_500)


def test_a_rate_that_ends_at_zero_ends_the_schedule():
    assert (
        len(
            list(
                draw_arrivals(
                    [Stage(rate=5, seconds=2), Stage(rate=0, seconds=0)], distribution="uniform", seed=1
                )
            )
        )
        == 10
    )


@pytest.mark.parametrize("stages", [[], [Stage(rate=-1, seconds=1)], [Stage(rate=1, seconds=-1)]])
def test_stages_that_make_no_sense_are_refused(stages):
    with pytest.raises(ValueError, match="Stages need"):
        list(draw_arrivals(stages, distribution="poisson", seed=1))


def test_a_closed_loop_has_no_arrivals_and_a_hash_of_its_own():
    piece = Slice(index=0, variant_id="before", couple=0, duration_s=2, schedule_seed=7)
    arrivals, closed_loop = draw_load(Scenario(locustfile="load.py", users=3), piece)

    assert (arrivals, closed_loop) == ((), ClosedLoop(users=3, seed=7))
    assert schedule_hash((), closed_loop) != schedule_hash((), ClosedLoop(users=4, seed=7))
    assert schedule_hash((), closed_loop) != schedule_hash(())
