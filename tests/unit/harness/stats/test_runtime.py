"""Event loop lag and collection pauses: those under load count, and a loop that stood still is not hidden."""

import numpy as np
import pytest

from harness.stats.columns import RuntimeReadings
from harness.stats.runtime import due_lags, measure_runtime, runtime_round

BEAT_NS = 50_000_000


def readings(lags, *, collections=0, pause_ms=0.0):
    count = len(lags)
    return RuntimeReadings(
        at_ns=np.arange(1, count + 1, dtype=np.int64) * BEAT_NS,
        lag_ms=np.asarray(lags, dtype=np.float64),
        collection_count=np.full(count, collections, dtype=np.int64),
        pause_ms=np.full(count, pause_ms),
        longest_pause_ms=np.full(count, pause_ms / 2),
    )


def whole_round(lags, *, requests=100, **options):
    return runtime_round(
        readings(lags, **options), spans_ns=[(0, (len(lags) + 1) * BEAT_NS)], request_count=requests
    )


@pytest.mark.parametrize(
    ("lags", "due"),
    [
        ([0.4, 49.9], [0.4, 49.9]),
        ([200.0, 3.0], [200.0, 150.0, 100.0, 50.0, 0.0, 3.0]),
        ([], []),
    ],
)
def test_a_late_beat_stands_for_those_that_it_kept_from_happening(lags, due):
    assert due_lags(np.asarray(lags, dtype=np.float64)).tolist() == due


def test_only_what_lies_under_load_counts_and_the_line_shows_all():
    found = runtime_round(
        readings([900.0, 1.0, 2.0, 800.0], collections=1, pause_ms=4.0),
        spans_ns=[(2 * BEAT_NS, 3 * BEAT_NS)],
        request_count=10,
    )

    assert found.lags_ms.tolist() == [1.0, 2.0]
    assert (found.collection_count, found.pause_ms, found.longest_pause_ms) == (2, 8.0, 2.0)
    assert found.line.lag_ms == (900.0, 1.0, 2.0, 800.0)


def test_a_long_round_is_drawn_by_the_worst_of_each_stretch():
    lags = [1.0] * 600
    lags[300] = 70.0
    line = whole_round(lags).line

    assert len(line.at_ns) == len(line.lag_ms) == len(line.pause_ms) == 60
    assert sorted(line.lag_ms)[-2:] == [1.0, 70.0]
    assert line.at_ns[-1] == 600 * BEAT_NS


def test_six_rounds_give_an_interval_and_the_longest_of_all():
    rounds = [whole_round([float(lag)] * 100, collections=1, pause_ms=2.0) for lag in (2, 2, 3, 3, 4, 40)]
    found = measure_runtime(rounds, confidence=0.95)

    assert (found.lag_p95_ms.low, found.lag_p95_ms.high) == (pytest.approx(2), pytest.approx(40))
    assert (found.longest_lag_ms, found.longest_pause_ms) == (40.0, 1.0)
    assert found.collections_per_1000 == 1000
    assert found.pause_per_request_ms.value == pytest.approx(2.0)
    assert found.reason == ""


def test_too_few_beats_or_rounds_give_no_percentile_and_say_why():
    few_beats = measure_runtime([whole_round([1.0] * 99)] * 6, confidence=0.95)
    few_rounds = measure_runtime([whole_round([1.0] * 100)] * 5, confidence=0.95)

    assert (few_beats.lag_p95_ms, few_rounds.lag_p95_ms) == (None, None)
    assert few_beats.reason == "not resolvable: 99 beats a round, p95 needs 100"
    assert few_rounds.reason == "not resolvable: 5 rounds, a 95 % interval needs 6"


def test_a_round_without_readings_leaves_nothing_to_say():
    found = measure_runtime([whole_round([1.0] * 100)] * 5 + [whole_round([])], confidence=0.95)

    assert (found.longest_lag_ms, found.collections_per_1000) == (None, None)
    assert found.reason == "its server mounts no runtime probe"
