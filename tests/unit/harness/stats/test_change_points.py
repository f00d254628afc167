"""Steps in a history: found where they are, seldom where none is."""

import numpy as np
import pytest

from harness.stats.change_points import LEAST_RUNS, change_points


def series(*levels, spread=0.03, seed=1):
    """Give runs around each level: (level, number of runs)."""
    source = np.random.default_rng(seed)
    return [level * np.exp(source.normal(0, spread)) for level, count in levels for _ in range(count)]


def test_a_step_is_found_where_it_is():
    assert change_points(series((400, 10), (320, 10))) == (10,)


def test_two_steps_are_found():
    assert change_points(series((400, 8), (300, 8), (390, 8))) == (8, 16)


def test_one_odd_run_is_no_step():
    values = series((400, 20))
    values[10] *= 2

    assert change_points(values) == ()


def test_a_slow_rise_below_the_noise_is_no_step():
    assert change_points(series((400, 10), (402, 10))) == ()


def test_too_few_runs_have_no_steps():
    assert change_points(series((400, LEAST_RUNS // 2 - 1), (100, LEAST_RUNS // 2))) == ()


def test_a_count_changes_where_it_changes():
    assert change_points([194.0] * 6 + [49.0] * 6) == (6,)
    assert change_points([0.0] * 12) == ()


@pytest.mark.parametrize("count", [10, 20, 40])
def test_a_build_that_never_changed_seldom_alarms(count):
    alarms = sum(bool(change_points(series((400, count), seed=seed))) for seed in range(40))

    assert alarms <= 4
