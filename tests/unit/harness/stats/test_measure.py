"""Measurements of one variant in one round, by hand-computed values."""

from dataclasses import replace

import numpy as np
import pytest

from harness.model.metric import METRIC_BY_ID
from harness.stats.columns import Columns, Names, ProcessReadings, concatenate
from harness.stats.measure import (
    METRIC_STATS,
    SERVER_METRICS,
    Load,
    group_by_endpoint,
    measure_introspection,
    measure_requests,
    measure_server,
)

MS = 1_000_000


def columns(endpoints, response_ms, *, failed=(), db_ms=None, lag_ms=0.0):
    count = len(endpoints)
    words = tuple(dict.fromkeys(endpoints))
    scheduled = np.arange(count, dtype=np.int64) * 10 * MS
    nothing = np.full(count, np.nan)
    return Columns(
        scheduled_ns=scheduled,
        sent_ns=scheduled + int(lag_ms * MS),
        finished_ns=scheduled + (np.asarray(response_ms) * MS).astype(np.int64),
        arrival=np.arange(count, dtype=np.int32),
        step=np.zeros(count, dtype=np.int32),
        journey=Names(codes=np.zeros(count, dtype=np.int32), words=("day",)),
        endpoint=Names(codes=np.asarray([words.index(e) for e in endpoints], dtype=np.int32), words=words),
        error=Names(codes=np.isin(np.arange(count), failed).astype(np.int32), words=("", "wrong")),
        is_failed=np.isin(np.arange(count), failed),
        status=np.full(count, 200, dtype=np.int16),
        server_db_ms=nothing if db_ms is None else np.asarray(db_ms, dtype=np.float64),
        server_middleware_ms=nothing,
        server_query_count=nothing,
        server_external_ms=nothing,
        server_external_count=nothing,
        external_services=Names(codes=np.zeros(count, dtype=np.int32), words=("",)),
    )


def measure(samples, *, duration_s=10.0, dropped=0, patterns=()):
    found = measure_requests(
        samples,
        variant_id="after",
        round_index=3,
        load=Load(duration_s=duration_s, dropped_arrivals=dropped),
        patterns=patterns,
    )
    return {(m.endpoint, m.metric, m.stat): (m.value, m.sample_count) for m in found}


def test_every_metric_of_the_model_has_statistics():
    assert METRIC_STATS.keys() == METRIC_BY_ID.keys()
    assert METRIC_BY_ID.keys() >= SERVER_METRICS


def test_percentiles_are_of_the_mix_and_of_each_endpoint():
    found = measure(columns(["GET /a", "GET /b"] * 50, range(1, 101), lag_ms=0.5))

    assert found["*", "response_time", "p50"] == (50.0, 100)
    assert found["*", "response_time", "p95"] == (95.0, 100)
    assert found["*", "service_time", "p50"] == (49.5, 100)
    assert found["GET /a", "response_time", "p50"] == (49.0, 50)
    assert found["GET /b", "response_time", "p50"] == (50.0, 50)


def test_a_percentile_that_too_few_samples_support_is_none_with_their_number():
    found = measure(columns(["GET /a"] * 99, range(99)))

    assert found["*", "response_time", "p95"] == (None, 99)
    assert found["*", "response_time", "p99"] == (None, 99)


def test_a_failed_request_is_in_no_latency_and_in_the_error_share():
    found = measure(columns(["GET /a"] * 20, [10.0] * 10 + [1.0] * 10, failed=range(10, 20)))

    assert found["*", "response_time", "p50"] == (10.0, 10)
    assert found["*", "error_share", "share"] == (50.0, 20)


def test_a_dropped_arrival_is_a_failed_request_of_the_mix_alone():
    found = measure(columns(["GET /a"] * 15, [10.0] * 15), dropped=5)

    assert found["*", "error_share", "share"] == (25.0, 20)
    assert found["GET /a", "error_share", "share"] == (0.0, 15)


def test_an_endpoint_that_only_failed_has_an_error_share_and_no_latency():
    found = measure(columns(["GET /a"] * 12, [5.0] * 12, failed=range(12)))

    assert found["GET /a", "error_share", "share"] == (100.0, 12)
    assert found["GET /a", "response_time", "p50"] == (None, 0)


def test_a_round_without_requests_measures_nothing_and_does_not_crash():
    found = measure(columns([], []))

    assert found["*", "response_time", "p50"] == (None, 0)
    assert found["*", "error_share", "share"] == (None, 0)
    assert found["*", "achieved_rate", "mean"] == (0.0, 0)


def test_the_servers_own_times_are_of_the_answers_that_carry_them():
    db_ms = [2.0] * 10 + [np.nan] * 10
    found = measure(columns(["GET /a"] * 20, [5.0] * 20, db_ms=db_ms))

    assert found["*", "db_time", "p50"] == (2.0, 10)
    assert found["*", "db_time", "mean"] == (2.0, 10)
    assert found["*", "middleware_time", "p50"] == (None, 0)
    assert found["*", "query_count", "mean"] == (None, 0)


def test_the_rate_is_over_the_planned_time():
    assert measure(columns(["GET /a"] * 20, [5.0] * 20), duration_s=4.0)["*", "achieved_rate", "mean"] == (
        5.0,
        20,
    )


def test_grouping_keeps_an_endpoints_rows_together_and_leaves_out_unused_words():
    names = Names(codes=np.asarray([2, 0, 2, 0], dtype=np.int32), words=("b", "unused", "a"))

    grouping = group_by_endpoint(names)

    assert grouping.order.tolist() == [1, 3, 0, 2]
    assert grouping.groups == (("*", slice(None)), ("a", slice(2, 4)), ("b", slice(0, 2)))


def test_a_group_of_endpoints_is_measured_over_all_its_requests():
    samples = columns(["GET /a", "POST /a", "GET /b(x)"] * 50, range(1, 151), failed=[0])
    found = measure(samples, patterns=["GET *", "* /b(x)", "PUT *"])

    assert found["GET *", "response_time", "p50"][1] == 99
    assert found["GET *", "error_share", "share"] == (1.0, 100)
    assert found["* /b(x)", "achieved_rate", "mean"] == (5.0, 50)
    assert not any(endpoint == "PUT *" for endpoint, _, _ in found)


def test_the_mix_and_its_endpoints_measure_the_same_beside_groups():
    samples = columns(["GET /a", "POST /a"] * 50, range(1, 101))
    plain = measure(samples)

    assert plain.items() <= measure(samples, patterns=["GET *"]).items()


def test_a_wrong_answer_is_one_that_looked_good_and_failed():
    samples = replace(
        columns(["GET /a"] * 5, [1] * 5, failed=[0, 1, 2]),
        status=np.array([200, 500, 0, 200, 404], dtype=np.int16),
    )

    assert measure(samples)["*", "wrong_answers", "count"] == (1.0, 5)


def test_what_the_server_told_of_itself_is_measured_as_it_stands():
    found = measure_introspection(
        {"service_count": 194, "unused_indexes": None}, variant_id="after", round_index=3
    )
    values = {(m.metric, m.stat): (m.value, m.sample_count) for m in found}

    assert values["service_count", "last"] == (194, 1)
    assert values["unused_indexes", "last"] == (None, 0)
    assert values["invariant_breaches", "count"] == (None, 0)


def test_put_together_rows_measure_like_one_file():
    whole = columns(["GET /a", "GET /b"] * 50, range(100))
    first = columns(["GET /a", "GET /b"] * 25, range(50))
    second = columns(
        ["GET /b", "GET /a"] * 25, [value for pair in range(50, 100, 2) for value in (pair + 1, pair)]
    )

    assert measure(concatenate([first, second])) == measure(whole)


def test_no_parts_make_no_columns():
    with pytest.raises(ValueError, match="no parts"):
        concatenate([])


def readings(at_s, cpu_s, uss_mib=50.0):
    return ProcessReadings(
        at_ns=(np.asarray(at_s) * 1e9).astype(np.int64),
        uss_bytes=np.full(len(at_s), uss_mib * 2**20),
        rss_bytes=np.full(len(at_s), 2 * uss_mib * 2**20),
        cpu_s=np.asarray(cpu_s, dtype=np.float64),
    )


def measure_probe(looks, counting, other=(), request_count=10):
    found = measure_server(
        looks,
        variant_id="after",
        round_index=1,
        counting_ns=[(int(a * 1e9), int(b * 1e9)) for a, b in counting],
        other_ns=[(int(a * 1e9), int(b * 1e9)) for a, b in other],
        request_count=request_count,
    )
    return {m.metric: (m.value, m.sample_count) for m in found}


def test_memory_is_that_of_the_last_look_and_cpu_is_shared_among_requests():
    found = measure_probe(readings([0, 1, 2, 3], [5.0, 5.0, 5.4, 5.4]), [(1.2, 1.9)])

    assert found["memory_uss"] == (50.0, 1)
    assert found["memory_rss"] == (100.0, 1)
    assert found["cpu_time"] == (pytest.approx(40.0), 10)


def test_cpu_between_two_looks_belongs_to_the_slices_that_overlap_it():
    """0.4 s of CPU in one second: the warm-up was on for 0.25 s of it, the counting slice for 0.75 s."""
    found = measure_probe(readings([0, 1], [0.0, 0.4]), [(0.25, 1.0)], [(-3, 0.25)], request_count=3)

    assert found["cpu_time"] == (pytest.approx(100.0), 3)


def test_a_server_that_nobody_observed_has_no_memory_and_no_cpu():
    found = measure_probe(readings([], []), [(0, 1)])

    assert found == {"memory_uss": (None, 0), "memory_rss": (None, 0), "cpu_time": (None, 0)}
