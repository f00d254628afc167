"""Family-wise p-values: by hand, by symmetry, and the error rate that they promise."""

import math

import numpy as np
import pytest

from harness.stats.westfall_young import adjusted_p


def test_one_column_that_is_above_zero_in_every_round_has_the_smallest_p_there_is():
    p = adjusted_p(np.array([[1.0], [2.0], [1.5], [0.5], [1.2], [0.8]]))

    assert p.tolist() == [1 / 64]


def test_by_hand_three_rounds_of_one_column():
    # sums of +-1 +-2 +-3 that reach 1 + 2 - 3 = 0: 0, 0, 2, 4, 6 (squares stay the same)
    assert adjusted_p(np.array([[1.0], [2.0], [-3.0]])).tolist() == [5 / 8]


def test_a_copy_of_a_column_costs_nothing_and_noise_costs_something():
    source = np.random.default_rng(1)
    column = source.normal(0.5, 1, (12, 1))
    alone = adjusted_p(column)[0]

    assert adjusted_p(np.hstack([column, column, 3 * column])).tolist() == [alone] * 3
    assert adjusted_p(np.hstack([column, source.normal(0, 1, (12, 20))]))[0] > alone


def test_a_column_is_never_surer_than_one_that_stands_out_more():
    excesses = np.random.default_rng(2).normal([2.0, 0.5, 0.0, -1.0], 1, (12, 4))
    p = adjusted_p(excesses)

    assert np.all(np.diff(p) >= 0)


def test_the_order_of_rounds_and_columns_does_not_matter():
    source = np.random.default_rng(3)
    excesses = source.normal(0.3, 1, (10, 70))
    rows, columns = source.permutation(10), source.permutation(70)

    assert adjusted_p(excesses[rows][:, columns]) == pytest.approx(adjusted_p(excesses)[columns])


def test_what_is_clearly_better_is_never_called_worse_and_constants_are_no_crash():
    excesses = np.column_stack([np.full(8, -1.0), np.zeros(8), np.full(8, 0.2)])
    p = adjusted_p(excesses)

    assert p[0] > 0.5
    assert p[1] > 0.05
    assert p[2] <= 2 / 2**8


def test_no_rounds_and_no_columns_prove_nothing():
    assert adjusted_p(np.empty((0, 3))).tolist() == [1, 1, 1]
    assert adjusted_p(np.empty((8, 0))).size == 0


def test_many_rounds_draw_their_signs_from_the_seed():
    excesses = np.random.default_rng(4).normal(0.2, 1, (18, 3))

    assert adjusted_p(excesses, seed=1).tolist() == adjusted_p(excesses, seed=1).tolist()
    assert adjusted_p(excesses, seed=1) == pytest.approx(adjusted_p(excesses, seed=2), abs=0.03)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_the_error_rate_of_all_columns_together_is_five_percent(correlation):
    source, trials, columns = np.random.default_rng(5), 400, 20
    alarms = 0
    for _ in range(trials):
        common = source.normal(0, 1, (8, 1))
        own = source.standard_t(3, (8, columns))
        excesses = math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own
        alarms += adjusted_p(excesses).min() <= 0.05

    assert alarms / trials == pytest.approx(0.05, abs=0.03)
