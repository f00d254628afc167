"""Percentiles by hand-computed values, and against numpy's definition of the same kind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.percentiles import is_resolvable, quantile, quantiles, samples_needed


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([7.0], 0.5, 7.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.75, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.76, 4.0),
        ([5.0, 5.0, 5.0, 9.0], 0.75, 5.0),
        ([1.0, 2.0, 3.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0], 1.0, 3.0),
    ],
)
def test_quantile_is_the_smallest_value_that_enough_samples_do_not_exceed(values, q, expected):
    assert quantile(values, q) == expected


@pytest.mark.parametrize("hundredths", range(1, 100))
def test_quantile_of_one_to_a_hundred_is_the_percentage_itself_whatever_floats_do(hundredths):
    assert quantile(np.arange(1.0, 101.0), hundredths / 100) == hundredths


def test_an_empty_sample_has_no_quantile():
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_nan_is_refused_instead_of_sorted_to_the_end():
    with pytest.raises(ValueError, match="NaN"):
        quantile([1.0, float("nan")], 0.5)


@pytest.mark.parametrize("q", [-0.1, 1.1])
def test_a_share_outside_zero_to_one_is_refused(q):
    with pytest.raises(ValueError, match="share from 0 to 1"):
        quantile([1.0], q)


@given(
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=300),
    st.sampled_from([0.5, 0.75, 0.875]),
)
def test_quantile_agrees_with_numpys_inverted_distribution_function(values, q):
    assert quantile(values, q) == np.quantile(values, q, method="inverted_cdf")


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_quantiles_together_are_the_quantiles_alone(values):
    assert quantiles(values, (0.99, 0.5, 0.95)) == tuple(quantile(values, q) for q in (0.99, 0.5, 0.95))


@pytest.mark.parametrize(
    ("q", "needed"), [(0.5, 10), (0.9, 50), (0.95, 100), (0.99, 500), (0.999, 5000), (0.05, 100)]
)
def test_a_quantile_needs_five_samples_beyond_it_in_each_round(q, needed):
    assert samples_needed(q) == needed
    assert is_resolvable(needed, q)
    assert not is_resolvable(needed - 1, q)
    assert not is_resolvable(0, q)


def test_the_largest_value_is_never_resolvable():
    with pytest.raises(ValueError, match="never resolvable"):
        samples_needed(1.0)
