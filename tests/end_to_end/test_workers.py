"""A run whose load comes from several workers, as a user starts it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
import yaml

from harness.gates.no_slower import no_slower
from tests.truth_server import truth_server

SCENARIO = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/look")
"""


@pytest.fixture(scope="module")
def truth():
    with truth_server() as client:
        yield client


@pytest.fixture
def experiment(truth, tmp_path):
    (tmp_path / "load.py").write_text(SCENARIO)
    content = {
        "schema_version": 1,
        "id": "shared",
        "variants": [{"id": name, "url": f"{truth.url}/{name}"} for name in ("before", "after")],
        "load": {"scenario": "load.py", "rate": 40, "workers": 2},
        "rounds": 1,
        "couples": 1,
        "slice_seconds": 3,
        "warm_up_seconds": 0.5,
        "kpis": str(no_slower(has_precision=False)),
    }
    path = tmp_path / "shared.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture
def start(experiment, environment, tmp_path):
    """Start the run; wait until load is being sent; give the process and the folder."""
    started = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", "run", str(experiment), "--out", "run", *options],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        while not list(tmp_path.glob("run/rounds/01/*/slices/*.json")):
            assert process.poll() is None, process.communicate()[0]
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.long
def test_a_run_with_workers_counts_each_arrival_once_and_judges_their_clocks(start, truth, tmp_path):
    truth.reset()
    process = start()
    output, _ = process.communicate(timeout=120)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    checks = {check["id"]: check for check in results["validity"]}
    summaries = [json.loads(path.read_text()) for path in tmp_path.glob("run/rounds/01/*/slices/*.json")]

    assert process.returncode in {3, 4}, output  # one round decides nothing
    assert checks["workers-lost"]["ok"]
    assert checks["samples-complete"]["ok"]
    assert "clock-alignment" in checks
    assert all(len(summary["workers"]) == 2 for summary in summaries)
    looks = [request for request in truth.log() if request.path.endswith("/look")]
    assert len(looks) == sum(summary["request_count"] for summary in summaries)
    sent = Counter()
    for summary in summaries:
        sent.update({worker["id"]: worker["sent_arrivals"] for worker in summary["workers"]})
    assert sum(sent.values()) == sum(summary["planned_arrivals"] for summary in summaries)
    assert min(sent.values()) >= 0.4 * sum(sent.values())


def test_a_worker_that_is_killed_makes_the_run_invalid_and_names_it(start, tmp_path):
    process = start()
    family = psutil.Process(process.pid).children(recursive=True)
    victim = next(child for child in family if "--worker" in child.cmdline())
    victim.kill()
    output, _ = process.communicate(timeout=120)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    check = next(check for check in results["validity"] if check["id"] == "workers-lost")

    assert process.returncode == 4, output
    assert results["outcome"] == "invalid"
    assert not check["ok"]
    assert check["detail"].startswith("Lost: ")
    assert "was killed by SIGKILL; the others take over" in " ".join(output.split())
    assert psutil.wait_procs(family, timeout=20)[1] == []
