"""A capacity search on servers whose capacity is known: one worker, exponential service, so 1/S at most."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.truth_server import Behaviour, truth_server

SERVICE_MS = {"before": 40.0, "after": 16.0}
SCENARIO = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/")
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def servers():
    with truth_server() as before, truth_server() as after:
        before.set("*", Behaviour(distribution="exponential", service_ms=SERVICE_MS["before"]))
        after.set("*", Behaviour(distribution="exponential", service_ms=SERVICE_MS["after"]))
        yield before, after


def arguments(servers, folder, *, minutes):
    (folder / "load.py").write_text(SCENARIO)
    before, after = servers
    return [
        *("capacity", "--before", before.url, "--after", after.url, "--scenario", "load.py"),
        *("--slo", "p50 <= 300 ms", "--minutes", minutes, "--rounds", 1, "--start-rate", 40, "--out", "run"),
    ]


@pytest.fixture(scope="module")
def done(kpibench, servers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("capacity")
    process = kpibench(*arguments(servers, folder, minutes=0.4), cwd=folder)
    return process, json.loads((folder / "run/results.json").read_text())


def test_one_round_decides_nothing_and_says_so(done):
    process, results = done

    assert process.returncode == 3, process.stderr
    assert results["outcome"] == "inconclusive"
    assert "--rounds 3" in results["reason"]


def test_no_rate_that_held_lies_above_what_the_worker_can_do(done):
    _process, results = done
    for variant in results["capacity"]["variants"]:
        most = 1e3 / SERVICE_MS[variant["id"]]
        assert all(entry["low"] < 1.3 * most for entry in variant["rounds"] if entry["low"])


def test_the_limit_of_the_slower_server_is_found_unless_the_generator_was_too_slow_and_says_so(done):
    _process, results = done
    before = results["capacity"]["variants"][0]["rounds"][0]
    limited = next(check for check in results["validity"] if check["id"] == "generator-steps")["value"]

    assert (before["high"] is not None and before["high"] <= 90) or limited > 0


def test_every_step_is_on_the_curve(done):
    process, results = done
    counted = {variant["id"]: variant["request_count"] for variant in results["variants"]}
    assert all(counted.values())
    for variant in results["capacity"]["variants"]:
        assert sum(point["request_count"] for point in variant["curve"]) <= counted[variant["id"]]
        assert all(point["throughput"] <= 1500 / SERVICE_MS[variant["id"]] for point in variant["curve"])
    assert "report.html" in process.stdout


def test_ctrl_c_leaves_a_run_folder_that_can_be_analyzed(servers, environment, kpibench, tmp_path):
    command = [sys.executable, "-m", "harness", *map(str, arguments(servers, tmp_path, minutes=2))]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    with process:
        for line in process.stderr:
            if "step 1:" in line:
                os.kill(process.pid, signal.SIGINT)
                break
        process.stderr.read()
    again = kpibench("analyze", "run", cwd=tmp_path)

    assert process.returncode == 130
    assert again.returncode == 0, again.stderr
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["gap"]
    assert sum(variant["request_count"] for variant in results["variants"]) > 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["quick", "--slo", "p95 <= 400"], "needs its unit"),
        (["quick", "--before", "http://127.0.0.1:1"], "Two running servers need"),
        (["--before", "http://127.0.0.1:1"], "Two running servers need"),
    ],
)
def test_what_cannot_be_searched_is_told_in_a_sentence(kpibench, tmp_path, wrong, told):
    process = kpibench("capacity", *wrong, cwd=tmp_path)

    assert process.returncode == 2
    assert told in process.stderr
    assert list(tmp_path.iterdir()) == []
