"""What goes wrong is counted, classed and said: nothing vanishes."""

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.errors import MeasurementError
from tests.component.generator.conftest import even_schedule, read_rows
from tests.truth_server import Behaviour

PAGE = """
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        @task
        def visit(self):
            self.client.get("/page")
"""


def test_an_error_answer_is_a_row_with_its_class(truth, drive):
    truth.set("/before/page", Behaviour(error_share=1.0, error_status=503))
    outcome = drive(PAGE).run(even_schedule(3, over_s=0.3))
    assert [(row["status"], row["error"]) for row in outcome.rows] == [(503, "HTTP 503")] * 3
    assert outcome.report.failed_count == 3


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_a_refused_connection_is_a_row_without_a_status(tmp_path, client):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    path = tmp_path / "theirs.py"
    path.write_text(PAGE.replace("FastHttpUser", client).replace("\n    ", "\n"))
    with LocustDriver(path, {"gone": f"http://127.0.0.1:{port}"}, log_path=tmp_path / "log") as driver:
        report = driver.run_slice(
            "gone", even_schedule(2, over_s=0.2), duration_s=0.3, samples=tmp_path / "a.arrow", drain_s=5
        )
    rows = read_rows(tmp_path / "a.arrow")
    assert [(row["status"], row["first_byte_ns"]) for row in rows] == [(0, None)] * 2
    assert all("Connection" in row["error"] for row in rows)
    assert report.failed_count == 2


def test_the_scenario_decides_what_is_a_failure_and_names_it(truth, drive):
    truth.set("/before/taken", Behaviour(status=409))
    text = """
        from locust import FastHttpUser, task

        class Visitor(FastHttpUser):
            @task
            def visit(self):
                with self.client.get("/taken", catch_response=True) as answer:
                    answer.success()
                with self.client.get("/wrong", catch_response=True) as answer:
                    answer.failure("wrong body")
    """
    rows = drive(text).run(even_schedule(1, over_s=0.1)).rows
    assert [(row["endpoint"], row["status"], row["error"]) for row in rows] == [
        ("GET /taken", 409, ""),
        ("GET /wrong", 200, "wrong body"),
    ]


def test_an_exception_in_a_task_leaves_a_failed_row_in_every_case(drive):
    text = """
        from locust import FastHttpUser, task

        class Clumsy(FastHttpUser):
            count = 0

            @task
            def stumble(self):
                Clumsy.count += 1
                if Clumsy.count == 1:
                    raise KeyError("before any request")
                if Clumsy.count == 2:
                    with self.client.get("/inside", catch_response=True):
                        raise ValueError("inside the with-block")
                if Clumsy.count == 3:
                    self.client.get("/good")
                    raise IndexError("after a good request")
                self.client.get("/never-left", catch_response=True)
    """
    outcome = drive(text).run(even_schedule(4, over_s=0.8))
    assert [(row["arrival"], row["endpoint"], row["error"]) for row in outcome.rows] == [
        (0, "TASK stumble", "KeyError"),
        (1, "GET (in task stumble)", "ValueError"),
        (2, "GET /good", ""),
        (2, "TASK stumble", "IndexError"),
        (3, "GET (in task stumble)", "NotReported"),
    ]
    assert outcome.report.failed_count == 4


def test_a_user_that_stops_itself_is_replaced(drive):
    text = """
        from locust import FastHttpUser, task
        from locust.exception import StopUser

        class Mayfly(FastHttpUser):
            @task
            def visit(self):
                self.client.get("/page")
                raise StopUser
    """
    outcome = drive(text).run(even_schedule(40, over_s=1.0))
    assert len(outcome.rows) == 40
    assert outcome.report.dropped_arrivals == 0


def test_arrivals_beyond_the_limit_of_users_are_dropped_and_counted(truth, drive, monkeypatch):
    monkeypatch.setenv("KPIBENCH_USER_LIMIT", "12")
    truth.set("*", Behaviour(service_ms=1500))
    outcome = drive(PAGE).run(even_schedule(20, over_s=0.5))
    assert outcome.report.planned_arrivals == 20
    assert outcome.report.sent_arrivals + outcome.report.dropped_arrivals == 20
    assert outcome.report.dropped_arrivals == 20 - outcome.report.max_in_flight > 0
    assert len(outcome.rows) == outcome.report.sent_arrivals


def test_a_generator_that_blocks_shows_in_its_own_lags(drive):
    text = """
        from locust import FastHttpUser, task
        from gevent.monkey import get_original

        class Hog(FastHttpUser):
            @task
            def visit(self):
                get_original("time", "sleep")(0.2)  # holds the whole event loop
                self.client.get("/page")
    """
    report = drive(text).run(even_schedule(10, over_s=1.0), duration_s=2.5).report
    assert report.late_arrivals > 0
    assert report.start_lag_ms.max >= 100
    assert report.loop_lag_ms.max >= 100


def test_what_is_unfinished_when_the_drain_ends_is_a_failed_row_and_does_not_reach_the_next_slice(
    truth, drive
):
    truth.set("*", Behaviour(service_ms=60_000))
    driven = drive(PAGE)
    outcome = driven.run(even_schedule(5, over_s=0.2), duration_s=0.2, drain_s=0.3)
    assert not outcome.report.drained
    assert [row["error"] for row in outcome.rows] == ["Unfinished"] * 5
    truth.set("*", Behaviour())
    again = driven.run(even_schedule(5, over_s=0.2), duration_s=0.2)
    assert again.report.drained
    assert [(row["status"], row["error"]) for row in again.rows] == [(200, "")] * 5


@pytest.mark.parametrize(
    ("on_start", "told"),
    [("self.client.get('/login')", "GET /login"), ("raise KeyError('token')", "KeyError")],
)
def test_a_set_up_that_fails_ends_the_slice_and_says_which(truth, drive, on_start, told):
    truth.set("/before/login", Behaviour(status=500))
    text = f"""
        from locust import FastHttpUser, task

        class Member(FastHttpUser):
            def on_start(self):
                {on_start}

            @task
            def visit(self):
                self.client.get("/page")
    """
    driven = drive(text)
    with pytest.raises(MeasurementError, match=told):
        driven.run(even_schedule(5, over_s=0.5))


def test_a_full_disk_ends_the_slice_and_says_so(drive):
    driven = drive(PAGE)
    with pytest.raises(MeasurementError, match=r"The samples cannot be written: No space left on device\."):
        driven.driver.run_slice(
            "before", even_schedule(10, over_s=0.2), duration_s=0.2, samples=Path("/dev/full"), drain_s=5
        )


def test_the_event_loop_waits_with_select_whose_wake_up_is_exact(drive, tmp_path):
    drive(PAGE)
    assert "gevent waits with select" in (tmp_path / "generator.log").read_text()


def test_closing_leaves_no_process(drive):
    driven = drive(PAGE)
    generator = psutil.Process(driven.driver.pid)
    driven.driver.close()
    driven.driver.close()
    assert not generator.is_running()


def test_a_ctrl_c_that_reaches_the_generator_is_the_harness_decision(drive):
    driven = drive(PAGE)
    os.kill(driven.driver.pid, signal.SIGINT)
    assert len(driven.run(even_schedule(3, over_s=0.3)).rows) == 3


def test_the_end_of_the_socket_ends_the_generator(drive, tmp_path):
    driven = drive(PAGE)
    generator = psutil.Process(driven.driver.pid)
    driven.driver._socket.close()
    generator.wait(timeout=10)
    assert "harness is gone" in Path(tmp_path / "generator.log").read_text()
