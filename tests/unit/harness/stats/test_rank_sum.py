"""The unpaired interval: the textbook's ranks, scipy's distribution, and its own symmetries."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from harness.stats.rank_sum import _interval_rank, _null_counts, rank_sum_interval


@pytest.mark.parametrize(
    ("sizes", "rank"), [((3, 3), 0), ((4, 4), 1), ((3, 5), 1), ((6, 6), 6), ((12, 12), 38)]
)
def test_the_rank_is_that_of_the_textbooks_table(sizes, rank):
    assert _interval_rank(*sizes, 0.95) == rank


def test_the_null_distribution_is_scipys():
    first, second = [1.0, 4.0, 6.0, 9.0], [2.0, 3.0, 5.0, 7.0, 8.0]
    counts = _null_counts(4, 5)
    statistic = sum(b < a for a in first for b in second)

    below = sum(counts[: statistic + 1]) / sum(counts)
    assert below == pytest.approx(mannwhitneyu(first, second, alternative="less", method="exact").pvalue)


def test_the_shift_is_found_with_its_interval():
    found = rank_sum_interval([1.0, 2.0, 3.0, 4.0], [11.0, 12.0, 13.0, 14.0], 0.95)

    assert found is not None
    assert (found.value, found.low, found.high) == (10, 7, 13)


def test_swapped_groups_mirror_the_interval():
    ones, twos = [1.0, 2.5, 3.0, 7.0, 4.0], [2.0, 8.0, 9.0, 4.5]
    there, back = rank_sum_interval(ones, twos, 0.95), rank_sum_interval(twos, ones, 0.95)

    assert there is not None
    assert back is not None
    assert (there.value, there.low, there.high) == (-back.value, -back.high, -back.low)


def test_too_few_values_have_no_interval():
    assert rank_sum_interval([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 0.95) is None
    assert rank_sum_interval([], [1.0], 0.95) is None


def test_the_interval_holds_the_truth_as_often_as_it_says():
    source = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        found = rank_sum_interval(source.normal(0, 1, 6), source.normal(0.5, 1, 6), 0.95)
        held += found is not None and found.low <= 0.5 <= found.high

    assert 0.92 <= held / 400 <= 0.99
