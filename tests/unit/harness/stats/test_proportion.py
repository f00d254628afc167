"""Clopper-Pearson against scipy and by hand."""

import numpy as np
import pytest
from scipy import stats

from harness.stats.proportion import clopper_pearson


@pytest.mark.parametrize(
    ("count", "total"),
    [
        (0, 1),
        (1, 1),
        (0, 1000),
        (1, 1080),
        (3, 50),
        (49, 50),
        (500, 1000),
        (7, 1_000_000),
        (123_456, 1_000_000),
    ],
)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_interval_is_scipys_beta_quantiles(count, total, confidence):
    tail = (1 - confidence) / 2
    low = np.nan_to_num(stats.beta.ppf(tail, count, total - count + 1), nan=0.0)
    high = np.nan_to_num(stats.beta.ppf(1 - tail, count + 1, total - count), nan=1.0)

    interval = clopper_pearson(count, total, confidence)

    assert interval.value == count / total
    assert interval.low == pytest.approx(low, rel=1e-8, abs=1e-15)
    assert interval.high == pytest.approx(high, rel=1e-8)


def test_a_thousand_requests_without_a_failure_support_at_most_0_37_percent():
    assert clopper_pearson(0, 1000, 0.95).high == pytest.approx(0.00368, abs=1e-5)


@pytest.mark.parametrize(("count", "total"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(count, total):
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(count, total, 0.95)
