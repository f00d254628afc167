"""`kpibench doctor` on this machine, whatever it is: every check has a value, and later runs know of it."""

import json
from pathlib import Path

import pytest

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
