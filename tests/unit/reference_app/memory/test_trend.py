"""The slope of a line through noisy points."""

from random import Random

import pytest

from reference_app.memory.trend import slope


def test_a_straight_line_has_its_slope_and_no_spread():
    found = slope([(float(n), 3.0 * n + 7) for n in range(20)])

    assert (found.value, found.low, found.high) == (3, 3, 3)


def test_points_at_one_place_and_too_few_points_have_none():
    assert slope([(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]) is None
    assert slope([(1.0, 1.0), (2.0, 2.0)]) is None
    assert slope([]) is None


def test_the_interval_holds_the_truth_nineteen_times_in_twenty():
    rng = Random(1)
    covered = 0
    for _ in range(400):
        found = slope([(float(n), 2 * n + rng.gauss(0, 10)) for n in range(24)])
        covered += found.low <= 2 <= found.high

    assert covered >= 400 * 0.95 - 3.3 * (400 * 0.95 * 0.05) ** 0.5


def test_a_wild_point_does_not_move_it():
    points = [(float(n), 2.0 * n) for n in range(30)]
    points[7] = (7.0, 1e9)

    assert slope(points).value == pytest.approx(2)
