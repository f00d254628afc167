"""Slopes, their intervals over repeats, and the four states, on lines that are known."""

from dataclasses import replace

import numpy as np
import pytest

from harness.model.memory import Checkpoint
from harness.stats.leak import (
    DESCRIPTORS,
    LIVE_HEAP,
    Growth,
    LeakState,
    added_growth,
    judge_after,
    judge_alone,
    measure_growth,
    theil_sen,
)
from harness.stats.signed_rank import Interval

LOOK = Checkpoint(
    requests=0,
    failed=0,
    pid=1,
    live_bytes=0,
    block_count=0,
    object_count=0,
    uss_bytes=0,
    rss_bytes=0,
    fd_count=9,
    thread_count=1,
)
EVERY = 600
MIB = 2**20


def repeat(live_bytes_of, *, requests=36_000, noise=0.0, seed=1, fds=lambda _requests: 9):
    """Look each 600 requests at a server whose live heap is a function of its requests."""
    rng = np.random.default_rng(seed)
    return [
        replace(
            LOOK,
            requests=n,
            live_bytes=round(30 * MIB + live_bytes_of(n) + rng.normal(0, noise)),
            fd_count=fds(n),
        )
        for n in range(0, requests + 1, EVERY)
    ]


def repeats(live_bytes_of, *, noise=20_000, **more):
    return [repeat(live_bytes_of, noise=noise, seed=seed, **more) for seed in range(6)]


def growth(live_bytes_of, **more):
    return measure_growth(repeats(live_bytes_of, **more), LIVE_HEAP, confidence=0.95)


def test_theil_sen_is_the_median_of_all_pairs_and_a_wild_point_does_not_move_it():
    x, y = np.arange(11.0), 3.0 * np.arange(11.0)
    y[4] = 1e9

    assert theil_sen(x, y) == pytest.approx(3)


def test_theil_sen_leaves_pairs_at_one_place_out_and_refuses_nothing_else_but_them():
    assert theil_sen(np.array([1.0, 1, 2]), np.array([5.0, 5, 7])) == 2
    with pytest.raises(ValueError, match="no slope"):
        theil_sen(np.array([1.0, 1]), np.array([5.0, 6]))


@pytest.mark.parametrize("leaked", [0, 40, 50, 200, 1000])
def test_the_rate_is_found_and_its_interval_holds_it(leaked):
    found = growth(lambda n: leaked * n)

    assert found.interval.value == pytest.approx(leaked, abs=2)
    assert found.interval.low <= leaked <= found.interval.high
    assert not found.is_curving


@pytest.mark.parametrize(("leaked", "state"), [(0, LeakState.NO_LEAK), (40, LeakState.LEAK)])
def test_forty_bytes_a_request_are_a_leak_and_none_are_not_in_every_world(leaked, state):
    states = {
        judge_alone(growth(lambda n: leaked * n, noise=noise), 20).state
        for noise in (0, 5_000, 20_000, 40_000)
    }

    assert states == {state}


def test_a_leak_at_the_tolerance_is_hardly_ever_let_pass():
    rng = np.random.default_rng(2)
    passed = 0
    for _ in range(200):
        lines = [
            repeat(lambda n: 20 * n, requests=12_000, noise=20_000, seed=int(rng.integers(2**32)))
            for _ in range(6)
        ]
        found = measure_growth(lines, LIVE_HEAP, confidence=0.95)
        passed += judge_alone(found, 20).state is LeakState.NO_LEAK

    assert passed <= 13  # 2.5 % are expected; P(> 13 of 200) < 0.1 %


def test_what_fills_in_the_first_half_is_no_leak():
    found = growth(lambda n: min(n, 15_000) * 1_300)

    assert judge_alone(found, 20).state is LeakState.NO_LEAK


def test_what_is_still_filling_is_not_decided():
    found = growth(lambda n: 8 * MIB * (1 - np.exp(-n / 12_000)))

    assert found.is_curving
    finding = judge_alone(found, 20)
    assert finding.state is LeakState.INCONCLUSIVE
    assert "still being filled" in finding.reason


def test_a_sawtooth_is_no_leak():
    found = growth(lambda n: 3 * MIB * ((n // EVERY) % 4))

    assert judge_alone(found, 20).state is LeakState.NO_LEAK


def test_after_that_leaks_as_before_does_is_told_as_pre_existing():
    before, after = growth(lambda n: 1_000 * n), growth(lambda n: 1_000 * n, noise=10_000)
    finding = judge_after(after, added_growth(before, after, confidence=0.95), 20)

    assert finding.state is LeakState.PRE_EXISTING
    assert "954 MiB in a million requests" in finding.reason


def test_after_that_leaks_more_than_before_leaks():
    before, after = growth(lambda n: 100 * n), growth(lambda n: 200 * n)
    added = added_growth(before, after, confidence=0.95)

    assert added.interval.value == pytest.approx(100, abs=3)
    assert judge_after(after, added, 20).state is LeakState.LEAK


def test_an_interval_that_spans_the_tolerance_decides_nothing():
    spanning = Growth(slopes=(5.0, 40.0), interval=Interval(value=22, low=5, high=40), is_curving=False)

    assert judge_alone(spanning, 20).state is LeakState.INCONCLUSIVE


def test_descriptors_count_against_a_thousand_requests_and_a_flat_line_is_exactly_none():
    leaking = repeats(lambda _n: 0, fds=lambda n: 9 + n // 500)
    flat = repeats(lambda _n: 0)

    assert measure_growth(leaking, DESCRIPTORS, confidence=0.95).interval.value == pytest.approx(2, rel=0.02)
    assert measure_growth(flat, DESCRIPTORS, confidence=0.95).interval == Interval(value=0, low=0, high=0)


def test_a_server_that_does_not_tell_has_no_slope():
    silent = [[replace(look, live_bytes=None) for look in one] for one in repeats(lambda _n: 0)]
    found = measure_growth(silent, LIVE_HEAP, confidence=0.95)

    assert found.interval is None
    assert "does not tell" in found.reason
    assert judge_alone(found, 20).state is LeakState.INCONCLUSIVE


def test_one_repeat_no_repeat_and_too_few_looks_say_why_they_decide_nothing():
    assert "1 repeat" in measure_growth(repeats(lambda _n: 0)[:1], LIVE_HEAP, confidence=0.95).reason
    assert "no repeat" in measure_growth([], LIVE_HEAP, confidence=0.95).reason
    few = repeats(lambda _n: 0, requests=3_000)
    assert "looks" in measure_growth(few, LIVE_HEAP, confidence=0.95).reason
