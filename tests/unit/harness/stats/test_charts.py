"""Chart points are few and true."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.stats.charts import ECDF_POINTS, ecdf, windows
from tests.unit.harness.stats.test_measure import columns


@given(arrays.arrays(np.float64, st.integers(1, 2000), elements=st.integers(0, 500).map(float)))
def test_every_point_of_an_ecdf_is_the_share_of_values_up_to_it(values):
    found = ecdf(values)

    assert len(found.x_ms) <= ECDF_POINTS
    assert list(found.x_ms) == sorted(set(found.x_ms))
    assert found.share[-1] == 1
    for x, share in zip(found.x_ms, found.share, strict=True):
        assert share == np.count_nonzero(values <= x) / values.size


def test_a_big_sample_keeps_its_extremes():
    found = ecdf(np.arange(100_000.0))

    assert len(found.x_ms) > 250
    assert (found.x_ms[0], found.x_ms[-1]) == (0, 99_999)


def test_no_values_have_no_points():
    assert ecdf(np.empty(0)).x_ms == ()


def test_a_short_slice_is_one_window_and_needs_ten_requests_for_a_point():
    (found,) = windows(columns(["GET /a"] * 19, range(19)), started_ns=0, duration_s=2.5)
    (few,) = windows(columns(["GET /a"] * 9, range(9)), started_ns=0, duration_s=2.5)

    assert (found.at_ns, found.p50_ms, found.p95_ms, found.request_count) == (1_250_000_000, 9, None, 19)
    assert (few.p50_ms, few.p95_ms, few.request_count) == (None, None, 9)


def test_a_long_slice_is_cut_and_late_steps_count_in_its_last_window():
    samples = columns(["GET /a"] * 2000, [5.0] * 2000, failed=[0])

    found = windows(samples, started_ns=0, duration_s=10.0)

    assert [window.request_count for window in found] == [500, 1500]
    assert [window.at_ns for window in found] == [2_500_000_000, 7_500_000_000]
    assert found[1].p95_ms == 5
