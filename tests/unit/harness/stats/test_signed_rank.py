"""The signed-rank interval: published ranks, hand-computed values, scipy's exact p, and its symmetries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.stats.signed_rank import (
    hodges_lehmann,
    interval_rank,
    rounds_needed,
    signed_rank_interval,
    signed_rank_p,
    walsh_averages,
)

ROUND_VALUES = st.lists(st.floats(-10, 10).map(lambda x: round(x, 6)), min_size=6, max_size=14)


def test_walsh_averages_are_all_pair_means_in_rising_order():
    assert walsh_averages([1.0, 3.0, 8.0]).tolist() == [1.0, 2.0, 3.0, 4.5, 5.5, 8.0]


def test_hodges_lehmann_is_the_median_of_the_walsh_averages():
    assert hodges_lehmann([1.0, 3.0, 8.0]) == 3.75
    assert hodges_lehmann([4.0]) == 4.0
    with pytest.raises(ValueError, match="no values"):
        hodges_lehmann([])


@pytest.mark.parametrize(("rounds", "k"), [(6, 1), (8, 4), (12, 14), (16, 30), (18, 41), (24, 82)])
def test_rank_of_the_95_percent_interval(rounds, k):
    assert interval_rank(rounds, 0.95) == k


@pytest.mark.parametrize(("rounds", "k"), [(8, 6), (12, 18), (16, 36), (18, 48), (24, 92)])
def test_rank_of_the_90_percent_interval(rounds, k):
    assert interval_rank(rounds, 0.90) == k


@pytest.mark.parametrize(("confidence", "rounds"), [(0.90, 5), (0.95, 6), (0.99, 8), (0.75, 3)])
def test_the_rounds_needed_are_the_fewest_that_give_an_interval(confidence, rounds):
    assert rounds_needed(confidence) == rounds
    assert interval_rank(rounds, confidence) >= 1
    assert interval_rank(rounds - 1, confidence) == 0


def test_six_rounds_run_from_the_smallest_to_the_largest_walsh_average():
    interval = signed_rank_interval([0.3, 0.1, 0.2, 0.6, 0.5, 0.4], 0.95)

    assert interval is not None
    assert (interval.low, interval.high) == (0.1, 0.6)
    assert math.isclose(interval.value, 0.35)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
def test_too_few_rounds_give_no_interval(values):
    assert signed_rank_interval(values, 0.95) is None


def test_equal_rounds_give_an_interval_of_no_width():
    interval = signed_rank_interval([0.25] * 6, 0.95)

    assert interval is not None
    assert (interval.value, interval.low, interval.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("seed", range(20))
def test_p_is_scipys_exact_p(seed):
    values = np.random.default_rng(seed).normal(0.3, 1, size=6 + seed)

    assert signed_rank_p(values) == pytest.approx(stats.wilcoxon(values, method="exact").pvalue, rel=1e-12)


def test_p_with_ties_is_that_of_all_sign_flips():
    values = [1.0, 1.0, -1.0, 2.0, 2.0, 3.0, -2.0, 4.0]
    all_flips = stats.PermutationMethod(n_resamples=np.inf)

    assert signed_rank_p(values) == pytest.approx(stats.wilcoxon(values, method=all_flips).pvalue, rel=1e-12)


def test_zeros_are_left_out_of_p():
    assert signed_rank_p([0.0, 0.0]) == 1.0
    assert signed_rank_p([0.0, 1.0, 2.0, 3.0]) == signed_rank_p([1.0, 2.0, 3.0])


@given(ROUND_VALUES)
def test_the_value_lies_in_its_interval(values):
    interval = signed_rank_interval(values, 0.95)

    assert interval is not None
    assert interval.low <= interval.value <= interval.high


@given(ROUND_VALUES)
def test_swapped_signs_mirror_the_interval(values):
    interval = signed_rank_interval(values, 0.95)
    mirrored = signed_rank_interval([-value for value in values], 0.95)

    assert interval is not None
    assert mirrored is not None
    assert (mirrored.value, mirrored.low, mirrored.high) == (-interval.value, -interval.high, -interval.low)


@given(st.lists(st.floats(-10, 10).filter(bool), min_size=6, max_size=14, unique_by=abs))
def test_the_interval_leaves_out_zero_exactly_when_p_is_at_most_5_percent(values):
    interval = signed_rank_interval(values, 0.95)

    assert interval is not None
    assert (interval.low > 0 or interval.high < 0) == (signed_rank_p(values) <= 0.05)
