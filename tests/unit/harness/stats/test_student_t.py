"""Student's t: quantiles as scipy has them, and an interval that covers as often as it says."""

import numpy as np
import pytest
from scipy import stats

from harness.stats.student_t import t_interval, t_quantile


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 11, 24, 60])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_the_quantile_is_that_of_scipy(degrees, confidence):
    assert t_quantile(confidence, degrees) == pytest.approx(
        stats.t.ppf((1 + confidence) / 2, degrees), rel=1e-9
    )


def test_the_interval_is_mean_and_t_standard_errors():
    interval = t_interval([1.0, 2.0, 3.0], 0.95)

    assert (interval.value, interval.high) == pytest.approx((2, 2 + 4.302652730 / 3**0.5))
    assert interval.low == pytest.approx(4 - interval.high)


def test_one_value_has_no_interval_and_equal_values_one_of_no_width():
    assert t_interval([5.0], 0.95) is None
    assert t_interval([], 0.95) is None
    assert t_interval([5.0, 5.0], 0.95).low == 5


def test_the_interval_of_six_covers_the_truth_19_times_in_20():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2_000):
        interval = t_interval(rng.normal(40, 3, size=6), 0.95)
        covered += interval.low <= 40 <= interval.high

    # 99.9 % of what a binomial with p = 0.95 gives
    assert abs(covered - 1_900) <= 3.3 * (2_000 * 0.95 * 0.05) ** 0.5


@pytest.mark.parametrize(("confidence", "degrees"), [(0.95, 0), (0, 3), (1, 3)])
def test_what_has_no_quantile_is_refused(confidence, degrees):
    with pytest.raises(ValueError, match="no t"):
        t_quantile(confidence, degrees)
