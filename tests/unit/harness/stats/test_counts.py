"""Counts: exact levels, exact changes, and no chance in either."""

import numpy as np
import pytest

from harness.stats.counts import count_change, count_level
from harness.stats.signed_rank import Interval


def interval(value, low, high):
    return Interval(value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("counts", "is_total", "level"),
    [
        ([194, 194, 194], False, (194, 194, 194)),
        ([48, 50, 49], False, (49, 48, 50)),
        ([194], False, (194, 194, 194)),
        ([1, 0, 2], True, (3, 3, 3)),
        ([0, 0], True, (0, 0, 0)),
    ],
)
def test_a_level_is_the_range_of_the_rounds_or_their_total(counts, is_total, level):
    assert count_level(np.array(counts, dtype=float), is_total=is_total) == interval(*level)


@pytest.mark.parametrize(
    ("befores", "afters", "is_total", "change"),
    [
        ([200, 200], [50, 50], False, (-75, -75, -75)),
        ([10, 10, 10], [5, 6, 4], False, (-50, -60, -40)),
        ([1, 3], [1, 1], True, (-50, -50, -50)),
        ([0, 0], [0, 0], True, (0, 0, 0)),
    ],
)
def test_a_change_is_exact(befores, afters, is_total, change):
    found = count_change(np.array(befores, dtype=float), np.array(afters, dtype=float), is_total=is_total)

    assert found == interval(*change)


def test_from_nothing_to_something_is_no_percentage():
    assert count_change(np.array([0.0]), np.array([1.0]), is_total=True) is None
