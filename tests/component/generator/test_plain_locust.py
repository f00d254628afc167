"""Open loop in plain Locust, without the harness: as a wait time, and for a file that knows nothing of it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import urllib.parse
import urllib.request
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.target.child import free_port, wait_for
from tests.component.generator.conftest import read_rows
from tests.truth_server import Behaviour

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "harness" / "generator" / "plugin.py"
THEIRS = """
    import time
    from locust import HttpUser, constant, task

    class Visitor(HttpUser):
        wait_time = constant(0.1)

        @task
        def visit(self):
            self.client.get("/one")
            self.wait()
            self.client.get("/two")
"""
OURS = """
    from locust import FastHttpUser, task
    from harness.generator.arrival_rate import arrival_rate

    class Visitor(FastHttpUser):
        wait_time = arrival_rate({rate})

        @task
        def visit(self):
            self.client.get("/page")
"""


@pytest.fixture
def locust(truth, tmp_path):
    """Run plain Locust on a file given as text; return exit code, statistics, log and our rows."""

    def run(text, *options, plugin=False, run_time=3):
        path = tmp_path / "theirs.py"
        path.write_text(textwrap.dedent(text))
        files = f"{path},{PLUGIN}" if plugin else str(path)
        command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--host", truth.url]
        done = subprocess.run(
            [*command, "--json", "--run-time", str(run_time), *options],
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        samples = tmp_path / "samples.arrow"
        return SimpleNamespace(
            code=done.returncode,
            stats=json.loads(done.stdout) if done.stdout.strip() else [],
            log=done.stderr,
            rows=read_rows(samples) if samples.exists() else [],
        )

    return run


def longest_ms(stats):
    return max(entry["max_response_time"] for entry in stats)


def test_a_wait_time_makes_a_user_open_loop_and_locusts_own_numbers_count_from_the_intended_start(
    truth, locust
):
    truth.stall(at_request=10, for_s=1.5)
    done = locust(OURS.format(rate="20, distribution='uniform'"), "--users", "1", run_time=4)
    (page,) = done.stats
    slow = sum(count for ms, count in page["response_times"].items() if float(ms) >= 200)
    # 20 a second were due while the server stood still; a closed loop of one user would have sent one
    assert slow >= 15
    assert page["num_requests"] == len(truth.log())
    assert "planned arrivals sent, 0 dropped" in done.log


def test_a_file_that_knows_nothing_is_driven_open_loop_with_think_times_and_a_row_a_request(truth, locust):
    truth.set("*", Behaviour(service_ms=20))
    done = locust(
        THEIRS, "--arrival-rate", "10", "--arrival-distribution", "uniform", "--samples", "samples.arrow",
        plugin=True,
    )  # fmt: skip
    rows = done.rows
    # sixty, but for what a busy machine needs to start; eight do for what follows
    assert len(rows) == len(truth.log()) == sum(entry["num_requests"] for entry in done.stats) >= 8
    first = [row for row in rows if row["step"] == 0]
    gaps_ns = {second["scheduled_ns"] - row["scheduled_ns"] for row, second in pairwise(first)}
    assert all(abs(gap_ns - 100_000_000) <= 1 for gap_ns in gaps_ns)
    by_step = {(row["arrival"], row["step"]): row for row in rows}
    for (arrival, step), row in by_step.items():
        if step == 1:
            assert row["scheduled_ns"] == by_step[arrival, 0]["finished_ns"] + 100_000_000
    told = {entry["name"]: entry["max_response_time"] for entry in done.stats}
    for name, longest in told.items():
        mine = [row for row in rows if row["endpoint"] == f"GET {name}"]
        assert max(row["finished_ns"] - row["scheduled_ns"] for row in mine) / 1e6 == pytest.approx(longest)


def test_arrivals_beyond_the_limit_of_users_are_told_and_make_the_test_invalid(truth, locust):
    truth.set("*", Behaviour(service_ms=1500))
    done = locust(OURS.format(rate="40, user_limit=12"))
    assert done.code == 4
    assert "INVALID (dropped-arrivals)" in done.log
    assert " 0 dropped" not in done.log


def test_a_rate_that_goes_up_is_kept(truth, locust):
    stages = "[(2, 0.5), (40, 0), (40, 0.5), (0, 0)]"
    done = locust(OURS.format(rate=f"{stages}, distribution='uniform'"), run_time=4)
    arrived = sorted(request.arrived_ns for request in truth.log())
    assert len(arrived) == done.stats[0]["num_requests"] == 21


def test_without_options_the_plugin_leaves_locust_as_it_is(truth, locust):
    done = locust(THEIRS, plugin=True, run_time=2)
    assert done.code == 0
    assert {request.path for request in truth.log()} == {"/one", "/two"}
    assert "Open loop" not in done.log


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--samples", "samples.arrow"], "give --arrival-rate too"),
        (["--arrival-rate", "fast"], "invalid parse_rate value: 'fast'"),
        (["--arrival-rate", "5", "--master"], "not divided among Locust's workers"),
    ],
)
def test_options_that_make_no_sense_are_told(locust, options, told):
    done = locust(THEIRS, *options, plugin=True)
    assert done.code == 2
    assert told in done.log


def test_the_web_page_starts_and_stops_open_loop_tests(truth, tmp_path):
    path = tmp_path / "ours.py"
    path.write_text(textwrap.dedent(OURS.format(rate=20)))
    page = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "locust", "-f", str(path), "--web-host", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--web-port", str(port), "--host", truth.url],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert wait_for(lambda: can_open(page), timeout_s=30)
            for number in (1, 2):
                form = urllib.parse.urlencode({"user_count": 1, "spawn_rate": 1, "host": truth.url}).encode()
                call(f"{page}/swarm", form)
                assert wait_for(lambda number=number: len(truth.log()) >= 20 * number, timeout_s=30)
                call(f"{page}/stop", b"")
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=30)
    assert log.count("planned arrivals sent") == 2


def can_open(url):
    try:
        return bool(call(url))
    except OSError:
        return False


def call(url, form=None):
    with urllib.request.urlopen(url, form, timeout=10) as answer:
        return answer.read()
