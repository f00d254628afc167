"""Several Locust workers as one generator: the same result, and no silence when one is lost."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.errors import MeasurementError, UsageError
from harness.model.plan import Workers
from harness.target.child import free_port
from tests.component.generator.conftest import even_schedule, read_rows
from tests.truth_server import Behaviour

TWO = Workers(count=2)
VISITOR = """
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        rng = None

        @task
        def look(self):
            self.client.get(f"/look?id={self.rng.randrange(10**9)}")
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "theirs.py"
    path.write_text(textwrap.dedent(VISITOR))
    return path


@pytest.fixture
def said():
    return []


@pytest.fixture
def start(truth, scenario, tmp_path, said):
    """Start a driver with two workers on this machine; it is closed after the test."""
    with ExitStack() as stack:

        def start(workers=TWO, **options):
            targets = {"before": f"{truth.url}/before", "after": f"{truth.url}/after"}
            driver = LocustDriver(
                scenario, targets, log_path=tmp_path / "log", workers=workers, say=said.append, **options
            )
            return stack.enter_context(driver)

        yield start


def worker_processes(driver):
    return psutil.Process(driver.pid).children()


def kill_when_sent(count, process, number=signal.SIGKILL):
    """Return a progress listener that sends a signal as soon as so many arrivals were sent."""
    is_sent = []

    def listen(sent, _done):
        if sent >= count and not is_sent:
            is_sent.append(True)
            process.send_signal(number)

    return listen


def test_each_arrival_is_sent_once_by_the_worker_whose_turn_it_is(truth, start, tmp_path):
    driver = start(Workers(count=3))
    schedule = even_schedule(150, over_s=1.5)
    asked = {}
    for target in ("before", "after"):
        truth.reset()
        path = tmp_path / f"{target}.arrow"
        report = driver.run_slice(target, schedule, duration_s=1.5, samples=path, drain_s=5)
        rows = read_rows(path)
        seen = {f"GET {request.path.removeprefix(f'/{target}')}": request for request in truth.log()}
        asked[target] = sorted(seen)

        assert (report.planned_arrivals, report.sent_arrivals, report.request_count) == (150, 150, 150)
        assert (report.lost_arrivals, report.dropped_arrivals, report.drained) == (0, 0, True)
        assert sorted(row["arrival"] for row in rows) == list(range(150))
        assert [worker.sent_arrivals for worker in report.workers] == [50, 50, 50]
        assert [worker.is_lost for worker in report.workers] == [False] * 3
        # one clock on one machine: the rows fit what the server saw to within the alignment's own bound
        worst_ns = max(worker.error_ns for worker in report.workers)
        assert sorted(row["endpoint"] for row in rows) == asked[target]
        for row in rows:
            request = seen[row["endpoint"]]
            assert row["sent_ns"] - worst_ns <= request.arrived_ns
            assert request.answered_ns <= row["finished_ns"] + worst_ns
        for worker in report.workers:
            assert abs(worker.offset_ns) <= worker.error_ns
        for row in rows:
            planned_ns = report.started_ns + schedule[row["arrival"]].offset_ns
            assert abs(row["scheduled_ns"] - planned_ns) <= worst_ns
    assert asked["before"] == asked["after"]


def test_a_worker_killed_in_a_slice_is_told_and_the_rest_keep_the_total_rate(start, said, tmp_path):
    driver = start()
    path = tmp_path / "a.arrow"
    victim = worker_processes(driver)[0]
    report = driver.run_slice(
        "before",
        even_schedule(400, over_s=4),
        duration_s=4,
        samples=path,
        drain_s=5,
        on_progress=kill_when_sent(50, victim),
    )
    rows = read_rows(path)

    assert [worker.is_lost for worker in report.workers].count(True) == 1
    assert report.planned_arrivals == 400 == report.sent_arrivals + report.lost_arrivals
    assert 0 < report.lost_arrivals <= 100  # what it had in the last second and did not tell
    assert len(rows) == report.request_count == len({row["arrival"] for row in rows})
    assert len(rows) >= report.sent_arrivals
    # the one that is left sends all that was planned for two
    assert set(range(350, 400)) <= {row["arrival"] for row in rows}
    assert any("was killed by SIGKILL; the others take over" in text for text in said)

    after = driver.run_slice(
        "after", even_schedule(100, over_s=1), duration_s=1, samples=tmp_path / "b.arrow", drain_s=5
    )
    assert (after.planned_arrivals, after.sent_arrivals, after.lost_arrivals) == (100, 100, 0)
    assert [worker.sent_arrivals for worker in after.workers if not worker.is_lost] == [100]
    assert [worker.is_lost for worker in after.workers].count(True) == 1


@pytest.mark.long
def test_a_worker_that_falls_silent_is_given_up_and_ended(start, said, tmp_path):
    driver = start()
    victim = worker_processes(driver)[1]
    report = driver.run_slice(
        "before",
        even_schedule(160, over_s=8),
        duration_s=8,
        samples=tmp_path / "a.arrow",
        drain_s=5,
        on_progress=kill_when_sent(10, victim, signal.SIGSTOP),
    )
    assert [worker.is_lost for worker in report.workers].count(True) == 1
    assert report.sent_arrivals + report.lost_arrivals == 160
    assert any("said nothing for 5 s" in text for text in said)
    victim.wait(10)


def test_without_any_worker_left_the_slice_is_an_error(start, tmp_path):
    driver = start()
    victims = worker_processes(driver)

    def kill_all(sent, _done):
        if sent:
            for victim in victims:
                victim.kill()

    with pytest.raises(MeasurementError, match="All workers are lost"):
        driver.run_slice(
            "before",
            even_schedule(300, over_s=3),
            duration_s=3,
            samples=tmp_path / "a.arrow",
            drain_s=5,
            on_progress=kill_all,
        )


@pytest.mark.long
def test_locust_alone_halves_the_load_in_silence_when_a_worker_is_killed(truth, tmp_path):
    """What the tests above are for: Locust's own master ends with exit code 0."""
    truth.set("*", Behaviour(service_ms=1))
    path = tmp_path / "plain.py"
    path.write_text(
        textwrap.dedent("""
            from locust import FastHttpUser, constant_throughput, task

            class Visitor(FastHttpUser):
                wait_time = constant_throughput(10)

                @task
                def look(self):
                    self.client.get("/look")
        """)
    )
    command = [sys.executable, "-m", "locust", "-f", str(path), "--host", truth.url]
    port = str(free_port())
    with (tmp_path / "log").open("wb") as log, ExitStack() as stack:
        options = ["--master", "--expect-workers", "2", "--headless", "--users", "10", "--spawn-rate", "10"]
        options += ["--run-time", "5s", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        master = stack.enter_context(subprocess.Popen([*command, *options], stdout=log, stderr=log))
        stack.callback(master.kill)
        workers = []
        for _ in range(2):
            options = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
            worker = stack.enter_context(subprocess.Popen([*command, *options], stdout=log, stderr=log))
            stack.callback(worker.kill)
            workers.append(worker)
        while len(truth.log()) < 100:
            assert master.poll() is None, (tmp_path / "log").read_text()
        killed_ns = time.monotonic_ns()
        workers[0].kill()
        assert master.wait(60) == 0
    arrived = [request.arrived_ns for request in truth.log()]
    before = sum(killed_ns - 500_000_000 <= at_ns < killed_ns for at_ns in arrived)
    after = sum(killed_ns + 500_000_000 <= at_ns < killed_ns + 1_000_000_000 for at_ns in arrived)
    assert after <= 0.65 * before


def test_a_killed_harness_takes_the_master_and_the_workers_with_it(scenario, tmp_path):
    harness = textwrap.dedent(f"""
        import signal
        from pathlib import Path
        from harness.drive.locust_driver import LocustDriver
        from harness.model.plan import Workers

        driver = LocustDriver(
            Path({str(scenario)!r}),
            {{}},
            log_path=Path({str(tmp_path / "log")!r}),
            workers=Workers(count=2),
        )
        print(driver.pid, flush=True)
        signal.pause()
    """)
    with subprocess.Popen([sys.executable, "-c", harness], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        master = psutil.Process(int(process.stdout.readline()))
        processes = [master, *master.children()]
        os.kill(process.pid, signal.SIGKILL)
    _gone, alive = psutil.wait_procs(processes, timeout=20)
    assert len(processes) == 3
    assert alive == []


def test_a_full_disk_ends_the_slice_and_says_so(start):
    driver = start()
    with pytest.raises(MeasurementError, match=r"The samples cannot be written: No space left on device\."):
        driver.run_slice(
            "before", even_schedule(10, over_s=0.2), duration_s=0.2, samples=Path("/dev/full"), drain_s=5
        )


def test_a_target_that_workers_cannot_reach_is_told_before_any_load(scenario, tmp_path):
    with pytest.raises(UsageError, match=r"cannot be reached"):
        LocustDriver(
            scenario,
            {"before": "http://127.0.0.1:9"},
            log_path=tmp_path / "log",
            workers=Workers(count=1),
        )


def test_workers_that_do_not_come_are_waited_for_in_vain_only_so_long(start, said):
    with pytest.raises(UsageError, match="0 of 2 workers joined within 2 s"):
        start(Workers(count=2, listen=f"127.0.0.1:{free_port()}"), workers_timeout_s=2)
    assert said == ["0 of 2 workers are there."]


def test_a_port_that_is_taken_is_told_as_that(start):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UsageError, match=r"listen at 127\.0\.0\.1:\d+: Address already in use"),
    ):
        start(Workers(count=1, listen=f"127.0.0.1:{taken.getsockname()[1]}"))


def test_workers_do_not_take_turns(start, tmp_path):
    arrivals = even_schedule(2, over_s=1)
    with pytest.raises(MeasurementError, match="one request at a time is sent by a single process"):
        start().take_turns(
            arrivals, [("before",)] * 2, samples={"before": tmp_path / "a.arrow"}, limit_s=1, drain_s=1
        )
