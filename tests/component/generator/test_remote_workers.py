"""Workers that are no children of the master: with addresses and clocks of their own."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
import uuid
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.errors import UsageError
from harness.model.plan import Workers
from harness.target.child import free_port
from tests.component.generator.conftest import even_schedule, read_rows
from tests.truth_server import truth_server

ROOT = Path(__file__).parents[3]
WORKER = (sys.executable, "-m", "harness", "worker")
AHEAD_S = 1000
VISITOR = """
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        @task
        def look(self):
            self.client.get("/look")
"""


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def namespaces():
    """Two network namespaces, each linked to this one: the command that runs inside, and our address."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("left out: network namespaces need root and the program ip (iproute2)")
    names, ours = [], "10.213.77.1"
    with ExitStack() as stack:
        for number in range(2):
            name, mark = f"kpibench-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:8]
            made = run("ip", "netns", "add", name)
            if made.returncode:
                pytest.skip(f"left out: this machine makes no network namespace: {made.stderr.strip()}")
            stack.callback(run, "ip", "netns", "delete", name)
            here, there = f"10.213.77.{4 * number + 1}", f"10.213.77.{4 * number + 2}"
            for line in (
                f"link add kb{mark} type veth peer name kp{mark} netns {name}",
                f"addr add {here}/30 dev kb{mark}",
                f"link set kb{mark} up",
                f"-n {name} addr add {there}/30 dev kp{mark}",
                f"-n {name} link set kp{mark} up",
                f"-n {name} link set lo up",
                f"-n {name} route add default via {here}",
            ):
                done = run("ip", *line.split())
                if done.returncode:
                    pytest.skip(f"left out: ip {line}: {done.stderr.strip()}")
            stack.callback(run, "ip", "link", "delete", f"kb{mark}")
            names.append(["ip", "netns", "exec", name])
        yield names, ours


@pytest.fixture(scope="module")
def clock_ahead():
    """A command that runs another one with a monotonic clock ahead of ours, empty where that cannot be."""
    command = ["unshare", "--time", "--fork", "--kill-child", f"--monotonic={AHEAD_S}"]
    return command if os.geteuid() == 0 and run(*command, "true").returncode == 0 else []


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "theirs.py"
    path.write_text(textwrap.dedent(VISITOR))
    return path


@pytest.fixture
def work(tmp_path):
    """Start `kpibench worker` behind a prefix, and end it after the test."""
    with ExitStack() as stack:

        def work(prefix, address, scenario):
            log = stack.enter_context((tmp_path / f"worker-{uuid.uuid4().hex}").open("w+"))
            process = subprocess.Popen(
                [*prefix, *WORKER, "--master", address, "--scenario", str(scenario)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
            process.log = Path(log.name)
            stack.callback(_end, process)
            return process

        yield work


def _end(process):
    """End a process with all that it started: `unshare` and `ip` put others in between."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()
    process.wait()


def test_workers_in_other_namespaces_share_two_rounds_and_leave_with_the_last(
    namespaces, clock_ahead, scenario, work, tmp_path
):
    (first, second), ours = namespaces
    address = f"{ours}:{free_port()}"
    workers = Workers(count=2, listen=address)
    said = []
    processes = [work(first, address, scenario), work([*second, *clock_ahead], address, scenario)]
    with truth_server(ours) as truth:
        targets = {"before": truth.url, "after": truth.url}
        for is_last in (False, True):
            path = tmp_path / "samples.arrow"
            with LocustDriver(
                scenario, targets, log_path=tmp_path / "log", workers=workers, say=said.append
            ) as driver:
                report = driver.run_slice(
                    "after", even_schedule(100, over_s=1), duration_s=1, samples=path, drain_s=5
                )
                driver.close(is_last=is_last)
            rows = read_rows(path)
            offsets_s = Counter(round(worker.offset_ns / 1e9) for worker in report.workers)
            worst_ns = max(worker.error_ns for worker in report.workers)
            assert sorted(row["arrival"] for row in rows) == list(range(100))
            assert report.sent_arrivals == 100
            assert offsets_s == Counter([0, AHEAD_S if clock_ahead else 0])
            for row in rows:  # on the master's clock, whatever the worker's showed
                planned_ns = report.started_ns + row["arrival"] * 10_000_000
                assert abs(row["scheduled_ns"] - planned_ns) <= worst_ns
        assert len(truth.log()) == 200
    for process in processes:
        assert process.wait(20) == 0, process.log.read_text()
        assert "The run is over." in process.log.read_text()
    assert said[-1] == "2 of 2 workers are there."


@pytest.mark.long
def test_a_worker_elsewhere_ends_when_its_master_is_killed(scenario, work, tmp_path):
    address = f"127.0.0.1:{free_port()}"
    worker = work([], address, scenario)
    with truth_server() as truth:
        driver = LocustDriver(
            scenario,
            {"before": truth.url},
            log_path=tmp_path / "log",
            workers=Workers(count=1, listen=address),
        )
        psutil.Process(driver.pid).kill()
        driver.close()
    assert worker.wait(40) == 4
    assert "The master is gone" in worker.log.read_text()


def test_a_worker_with_another_scenario_is_refused(scenario, work, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(scenario, other / "theirs.py")
    (other / "theirs.py").write_text(scenario.read_text().replace("/look", "/peek"))
    address = f"127.0.0.1:{free_port()}"
    work([], address, other / "theirs.py")
    with truth_server() as truth, pytest.raises(UsageError, match="has another scenario"):
        LocustDriver(
            scenario,
            {"before": truth.url},
            log_path=tmp_path / "log",
            workers=Workers(count=1, listen=address),
        )


def test_a_loopback_target_is_refused_for_a_worker_on_another_host(namespaces, scenario, work, tmp_path):
    (first, _), ours = namespaces
    address = f"{ours}:{free_port()}"
    work(first, address, scenario)
    with truth_server() as truth, pytest.raises(UsageError, match="which is the worker's own machine here"):
        LocustDriver(
            scenario,
            {"before": truth.url},
            log_path=tmp_path / "log",
            workers=Workers(count=1, listen=address),
        )
