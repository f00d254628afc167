"""`kpibench doctor` on this machine, whatever it is: every check has a value, and later runs know of it."""

import json
from pathlib import Path

import pytest

from tests.truth_server import Behaviour, truth_server

EXPERIMENT = """\
schema_version: 1
id: mine
variants:
  - {{id: before, url: "{url}/before"}}
  - {{id: after, url: "{url}/after"}}
load: {{scenario: load.py, rate: 40}}
slice_seconds: 0.5
warm_up_seconds: 0.3
"""
SCENARIO = """\
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        self.client.get("/page")
"""
IDS = {
    "timer-resolution", "sleep-overshoot", "steal", "other-load", "swap", "free-disk", "generator-ceiling",
    "added-latency", "added-latency-p99", "loop-lag",
}  # fmt: skip
EXIT_CODES = {"fit": 0, "doubtful": 3, "unfit": 4}


@pytest.fixture(scope="module")
def done(kpibench, tmp_path_factory):
    return kpibench("doctor", "--json", cwd=tmp_path_factory.mktemp("doctor"))


def test_every_check_has_a_value_and_the_exit_code_is_the_worst_of_them(done):
    found = json.loads(done.stdout)

    assert {finding["id"] for finding in found["findings"]} >= IDS
    assert done.returncode == EXIT_CODES[found["fitness"]], done.stderr
    added = next(finding for finding in found["findings"] if finding["id"] == "added-latency")
    assert 0 < added["value"] < 1000


def test_it_says_what_it_is_doing(done):
    assert "watching the machine" in done.stderr
    assert "driving a server that does nothing" in done.stderr


def test_the_findings_are_kept_for_later_runs(done, environment):
    kept = json.loads((Path(environment["KPIBENCH_CACHE_DIR"]) / "doctor.json").read_text())

    assert kept == json.loads(done.stdout)
    assert kept["date"].endswith("Z")


def test_an_unknown_experiment_is_told_before_anything_is_measured(kpibench, tmp_path):
    process = kpibench("doctor", "--experiment", "nonsense", cwd=tmp_path)

    assert process.returncode == 2
    assert "There is no experiment 'nonsense'" in process.stderr


@pytest.mark.long
def test_the_noise_floor_of_an_experiment_tells_the_smallest_change_that_some_minutes_can_see(
    kpibench, tmp_path
):
    with truth_server() as truth:
        truth.set("/before/page", Behaviour(distribution="lognormal", service_ms=10, sigma=0.3))
        (tmp_path / "mine.yaml").write_text(EXPERIMENT.format(url=truth.url))
        (tmp_path / "load.py").write_text(SCENARIO)
        process = kpibench("doctor", "--experiment", "mine.yaml", "--minutes", 1, "--json", cwd=tmp_path)
        asked = {seen.path for seen in truth.log()}
    found = json.loads(process.stdout)

    assert not any(path.startswith("/after") for path in asked)  # it is compared with itself
    assert (found["experiment"], process.returncode) == ("mine", EXIT_CODES[found["fitness"]])
    floors = {floor["metric"]: floor for floor in found["noise_floor"]}
    assert {"response time p50", "service time p50"} <= set(floors)
    for floor in floors.values():
        assert floor["rounds"] == 6
        assert floor["change"]["low"] <= floor["change"]["value"] <= floor["change"]["high"]
        smallest = list(floor["smallest_change_percent"].values())
        assert smallest == sorted(smallest, reverse=True)  # more minutes see smaller changes
        assert all(change > 0 for change in smallest)
