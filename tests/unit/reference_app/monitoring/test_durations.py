"""Durations: percentiles within 1.6 % of values that were seen, in memory that does not grow."""

import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from reference_app.monitoring.durations import Durations

WITHIN_RANGE_S = st.floats(min_value=2.0**-20, max_value=127.9)


def noted(values: list[float]) -> Durations:
    durations = Durations()
    for value in values:
        durations.note(value)
    return durations


@given(values=st.lists(WITHIN_RANGE_S, min_size=1, max_size=300), share=st.floats(0.01, 1.0))
def test_a_percentile_is_at_most_1_6_percent_from_the_observed_one(values: list[float], share: float) -> None:
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]

    (found,) = noted(values).percentiles_s([share])

    assert found is not None
    assert abs(found / exact - 1) <= 1 / 63


@given(values=st.lists(st.floats(-1.0, 1e6), max_size=50))
def test_nothing_that_a_clock_can_give_is_lost(values: list[float]) -> None:
    durations = noted(values)

    assert durations.count == len(values) == sum(durations._counts)


def test_of_nothing_there_is_no_percentile() -> None:
    assert Durations().percentiles_s([0.5, 0.99]) == [None, None]


@given(values=st.lists(WITHIN_RANGE_S, max_size=100))
def test_counts_below_powers_of_two_seconds_are_exact(values: list[float]) -> None:
    for bound_s, count in noted(values).cumulative(range(-11, 5)):
        assert count == sum(value < bound_s for value in values)


def test_many_durations_take_no_more_memory_than_one() -> None:
    durations = noted([1e-3])
    size = sys.getsizeof(durations._counts)
    for number in range(100_000):
        durations.note(number * 1e-4)

    assert sys.getsizeof(durations._counts) == size < 8_000
