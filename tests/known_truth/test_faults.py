"""What the generator must say of itself, and what must never be missing (measurement.md, section 6)."""

import os
import signal
import time

import numpy as np
import pytest

from harness.errors import MeasurementError
from harness.gates.validity import check_load
from harness.model.sample import Sample
from harness.stats.measure import Load, measure_requests
from harness.store.samples import read_samples, write_samples
from tests.component.generator.conftest import even_schedule, read_rows
from tests.truth_server import Behaviour, truth_server

PAGE = """
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        @task
        def visit(self):
            self.client.get("/page")
"""
BLOCKING = """
    from gevent.monkey import get_original
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        count = 0

        @task
        def visit(self):
            Visitor.count += 1
            if Visitor.count == {at}:
                get_original("time", "sleep")({seconds})  # holds the whole event loop
            self.client.get("/page")
"""
COSTLY = """
    from gevent.monkey import get_original
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        @task
        def visit(self):
            get_original("time", "sleep")(0.005)  # of the event loop: 200 a second are the most there can be
            self.client.get("/page")
"""
CLOCK_STEPS = """
    import time
    from locust import FastHttpUser, task

    true_time, count = time.time, 0

    def stepping():
        global count
        count += 1
        return true_time() + (3600 if count % 2 else -3600)

    time.time = stepping

    class Visitor(FastHttpUser):
        @task
        def visit(self):
            self.client.get("/page")
"""


def faults(report, *, p95_ms=0.0):
    return {check.id for check in check_load(report, p95_ms=p95_ms) if not check.ok}


def measured(path, *, dropped=0, stat="share", metric="error_share"):
    found = measure_requests(
        read_samples(path),
        variant_id="before",
        round_index=1,
        load=Load(duration_s=1, dropped_arrivals=dropped),
    )
    return next(m.value for m in found if (m.endpoint, m.metric, m.stat) == ("*", metric, stat))


def test_5_a_generator_that_stands_still_for_half_a_second_is_invalid_and_says_so_at_once(drive, tmp_path):
    driven = drive(BLOCKING.format(at=10, seconds=0.5))
    report = driven.run(even_schedule(75, over_s=1.5), duration_s=1.5).report
    assert {"start-lag", "late-starts"} <= faults(report)
    assert "ms late to start arrivals within a second" in (tmp_path / "generator.log").read_text()


def test_6_a_generator_that_is_asked_for_three_times_what_it_can_is_invalid(drive):
    report = drive(COSTLY).run(even_schedule(450, over_s=0.75), duration_s=0.75, drain_s=30).report
    assert {"start-lag", "late-starts"} <= faults(report)


def test_6_what_an_over_asked_generator_drops_is_counted_and_told(truth, drive, monkeypatch):
    monkeypatch.setenv("KPIBENCH_USER_LIMIT", "12")
    truth.set("*", Behaviour(service_ms=100))
    report = drive(COSTLY).run(even_schedule(300, over_s=0.5), duration_s=0.5, drain_s=30).report
    (told,) = [check.detail for check in check_load(report, p95_ms=0) if check.id == "dropped-arrivals"]
    assert report.dropped_arrivals > 0
    assert report.sent_arrivals + report.dropped_arrivals == report.planned_arrivals == 300
    assert told.startswith(f"{report.dropped_arrivals} arrivals found no free user and were dropped")
    assert {"dropped-arrivals", "rate-achieved"} <= faults(report)


def test_7_arrivals_without_a_user_are_failed_requests(truth, drive, monkeypatch):
    monkeypatch.setenv("KPIBENCH_USER_LIMIT", "12")
    truth.set("*", Behaviour(service_ms=1500))
    driven = drive(PAGE)
    report = driven.run(even_schedule(48, over_s=0.5)).report
    assert report.dropped_arrivals > 0
    assert "dropped-arrivals" in faults(report)
    share = measured(driven.folder / "before.arrow", dropped=report.dropped_arrivals)
    assert share == pytest.approx(100 * report.dropped_arrivals / 48)


def test_24_a_latency_of_two_minutes_is_not_lost(tmp_path):
    row = {
        "scheduled_ns": 0, "sent_ns": 0, "first_byte_ns": None, "step": 0, "journey": "visit",
        "endpoint": "GET /page", "method": "GET", "status": 200, "error": "", "response_bytes": 0,
        "server_db_ms": None, "server_middleware_ms": None, "server_app_ms": None, "server_query_count": None,
    }  # fmt: skip
    durations_s = [0.01] * 490 + [120.0] * 10
    rows = [
        Sample(**row, arrival=index, finished_ns=round(seconds * 1e9))
        for index, seconds in enumerate(durations_s)
    ]
    write_samples(tmp_path / "0001.arrow", rows)
    assert measured(tmp_path / "0001.arrow", metric="response_time", stat="p99") == 120_000


@pytest.mark.long
def test_24_ten_million_rows_still_load(tmp_path):
    import pyarrow as pa  # noqa: PLC0415  - only here

    from harness.store.sample_schema import SAMPLE_SCHEMA, SampleStream  # noqa: PLC0415

    count = 10_000_000
    numbers = {field.name: np.zeros(count, field.type.to_pandas_dtype()) for field in SAMPLE_SCHEMA
               if not pa.types.is_dictionary(field.type)}  # fmt: skip
    numbers["finished_ns"] = np.arange(count, dtype=np.int64)
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["GET"]))
    columns = [pa.array(numbers[f.name]) if f.name in numbers else word for f in SAMPLE_SCHEMA]
    with SampleStream(tmp_path / "0001.arrow") as stream:
        stream.write(pa.RecordBatch.from_arrays(columns, schema=SAMPLE_SCHEMA))
    found = read_samples(tmp_path / "0001.arrow")
    assert len(found) == count
    assert int(found.finished_ns.max()) == count - 1


def test_26_a_server_that_dies_in_the_slice_leaves_failed_requests_and_no_missing_row(drive):
    with truth_server() as mortal:
        text = PAGE.replace('"/page"', f'"{mortal.url}/page"')

        def kill(sent: int, _done: int) -> None:
            if sent >= 20:
                os.kill(mortal.pid, signal.SIGKILL)

        outcome = drive(text).run(even_schedule(90, over_s=2.25), duration_s=2.25, on_progress=kill)
    report, rows = outcome.report, outcome.rows
    assert len(rows) == report.sent_arrivals == report.planned_arrivals == 90
    failed = [row for row in rows if row["error"]]
    assert 0 < len(failed) < 90
    assert report.connection_errors == len(failed)
    assert "connection-errors" in faults(report)


def test_26_steps_of_the_wall_clock_change_nothing(truth, drive):
    truth.set("*", Behaviour(service_ms=5))
    rows = drive(CLOCK_STEPS).run(even_schedule(30, over_s=1), duration_s=1).rows
    assert len(rows) == 30
    assert all(0 < row["finished_ns"] - row["scheduled_ns"] < 60e9 for row in rows)


def test_a_generator_that_is_killed_has_stored_all_but_the_last_second_and_is_not_asked_again(
    truth, drive, tmp_path
):
    """Rows are written each half second, so that a busy event loop may be late by as much again."""
    driven = drive(PAGE)
    killed_ns = []

    def kill(sent: int, _done: int) -> None:
        if sent >= 40 and not killed_ns:
            killed_ns.append(time.monotonic_ns())
            os.kill(driven.driver.pid, signal.SIGKILL)

    with pytest.raises(MeasurementError, match="SIGKILL"):
        driven.run(even_schedule(300, over_s=10), duration_s=10, on_progress=kill)
    stored = len(read_rows(tmp_path / "before.arrow"))
    with pytest.raises(MeasurementError, match="has stopped"):
        driven.run(even_schedule(1, over_s=0.1))
    answered = [seen.answered_ns for seen in truth.log()]
    assert len(answered) >= stored >= sum(moment < killed_ns[0] - 1_000_000_000 for moment in answered) > 20


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_a_quiet_run_is_valid_and_a_blocked_or_over_asked_one_is_not_20_of_20(truth, drive, number):
    truth.set("*", Behaviour(service_ms=20))
    schedule = even_schedule(250, over_s=5, seed=number)
    too_much = even_schedule(600, over_s=1, seed=number)
    assert faults(drive(PAGE).run(schedule, duration_s=5).report) == set()
    assert faults(drive(BLOCKING.format(at=100, seconds=0.5)).run(schedule, duration_s=5).report) != set()
    assert faults(drive(COSTLY).run(too_much, duration_s=1, drain_s=30).report) != set()
