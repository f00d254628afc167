"""When a user ends a run, nothing goes on running and what was measured is kept; deaths: see test_resume."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest


@pytest.fixture
def start(environment, small_experiment, tmp_path):
    """Start a run, and never leave it behind."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", "run", str(small_experiment), "--out", "run"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_for_second_round(run, process):
    """Wait until a slice of the second round is stored: watch the folder as long as the process lives."""
    while not list(run.glob("rounds/02/*/slices/*.json")):
        assert process.poll() is None, process.communicate()[0]
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue


def descendants(process):
    return psutil.Process(process.pid).children(recursive=True)


def test_ctrl_c_keeps_what_was_measured_and_stops_everything(start, tmp_path):
    process = start()
    wait_for_second_round(tmp_path / "run", process)
    children = descendants(process)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    _gone, alive = psutil.wait_procs(children, timeout=30)
    results = json.loads((tmp_path / "run" / "results.json").read_text())

    assert process.returncode == 130, output
    assert alive == []
    assert len(children) >= 4  # two servers, the generator, PostgreSQL
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "interrupted"
    assert results["outcome"] in {"inconclusive", "invalid"}
    assert results["gap"]
    assert (tmp_path / "run" / "report.html").exists()
    assert "Traceback" not in output
