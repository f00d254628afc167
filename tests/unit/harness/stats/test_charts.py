"""Chart points are few and true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.stats.charts import (
    ECDF_POINTS,
    HEAT_BANDS,
    HEAT_COLUMNS,
    RESOURCE_POINTS,
    SHIFT_SHARES,
    ecdf,
    heat_counts,
    heat_map,
    resource_line,
    shift_function,
    windows,
)
from harness.stats.columns import ProcessReadings
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


def test_a_window_tells_failures_and_how_many_requests_were_under_way():
    samples = columns(["GET /a"] * 100, [100.0] * 100, failed=[3, 4])

    (found,) = windows(samples, started_ns=0, duration_s=1.0)

    # 100 requests of 100 ms, one each 10 ms: of the last ones only what lies inside counts.
    assert (found.request_count, found.failed_count, found.length_s) == (100, 2, 1.0)
    assert found.in_flight == (91 * 100 + sum(range(10, 100, 10))) / 1000
    assert found.p99_ms is None


def test_an_ecdf_tells_up_to_where_its_tail_can_be_believed():
    found = ecdf(np.arange(1000.0), round_count=6)

    assert (found.sample_count, found.resolvable_share) == (1000, 0.97)
    assert ecdf(np.arange(10.0), round_count=6).resolvable_share == 0


def rounds_of(factor, count=6, size=400):
    return [factor * np.random.default_rng(seed).lognormal(4, 0.3, size) for seed in range(count)]


def test_the_shift_function_finds_a_change_that_is_the_same_everywhere():
    found = shift_function(rounds_of(1), rounds_of(0.5), confidence=0.95)

    assert [point.share for point in found.points] == list(SHIFT_SHARES[:-1])
    for point in found.points:
        assert point.change.value == pytest.approx(-50)
        assert point.change.low <= point.change.value <= point.change.high


def test_the_shift_function_finds_a_change_that_sits_in_the_tail_alone():
    befores = rounds_of(1)
    afters = [np.where(values > np.quantile(values, 0.9), 3 * values, values) for values in befores]

    changes = {p.share: p.change for p in shift_function(befores, afters, confidence=0.95).points}

    assert changes[0.5].value == pytest.approx(0)
    assert changes[0.95].low > 150


def test_intervals_hold_together_where_there_are_rounds_enough():
    few, many = (
        shift_function(rounds_of(1, count), rounds_of(0.5, count)[::-1], confidence=0.95) for count in (6, 12)
    )

    assert (few.is_simultaneous, many.is_simultaneous) == (False, True)


@pytest.mark.parametrize(("count", "size"), [(5, 400), (6, 9)])
def test_too_few_rounds_or_requests_have_no_shift_function(count, size):
    rounds = rounds_of(1, count, size)

    assert shift_function(rounds, rounds, confidence=0.95).points == ()


def test_a_heat_map_holds_every_good_request_in_its_band():
    samples = columns(["GET /a", "GET /b"] * 500, [5.0, 50.0] * 500, failed=[0])
    counts = heat_counts(samples, started_ns=0, duration_s=10.0)

    found = heat_map([counts["*"]], window_s=[5.0])
    only_b = heat_map([counts["GET /b"]], window_s=[5.0])

    assert sum(map(sum, found.counts)) == 999
    assert found.edges_s == (0, 5, 10)
    assert found.edges_ms[0] <= 5
    assert found.edges_ms[-1] > 50
    assert len(only_b.edges_ms) == 2
    assert only_b.edges_ms[0] <= 50 < only_b.edges_ms[1]


def test_a_heat_map_of_a_long_run_stays_small_and_loses_nothing():
    rng = np.random.default_rng(1)
    slices = [rng.integers(0, 5, (2, 56)) for _ in range(100)]

    found = heat_map(slices, window_s=[2.5] * 100)

    assert len(found.counts) <= HEAT_COLUMNS
    assert all(len(row) == len(found.edges_ms) - 1 <= HEAT_BANDS for row in found.counts)
    assert sum(map(sum, found.counts)) == sum(part.sum() for part in slices)
    assert found.edges_s[-1] == 500
    assert heat_map([], window_s=[]).counts == ()


def readings(at_s, uss_mib, cpu_s):
    return ProcessReadings(
        at_ns=np.asarray([int(at * 1e9) for at in at_s], dtype=np.int64),
        uss_bytes=np.asarray(uss_mib, dtype=np.float64) * 2**20,
        rss_bytes=np.zeros(len(at_s)),
        cpu_s=np.asarray(cpu_s, dtype=np.float64),
    )


def test_resources_are_cores_since_the_point_before_and_unknown_stays_unknown():
    found = resource_line(readings([0, 1, 3], [10, np.nan, 30], [0.0, 0.5, 2.5]))

    assert found.uss_mib == (None, 30)
    assert found.cpu_cores == (0.5, 1.0)
    assert resource_line(readings([0], [1], [1])).at_ns == ()


def test_many_looks_become_few_points_and_the_last_stays():
    found = resource_line(readings(range(1000), range(1000), range(1000)))

    assert len(found.at_ns) <= RESOURCE_POINTS
    assert found.uss_mib[-1] == 999
