"""`kpibench run --until-decided` on truth servers: it looks where it planned to, and ends when it is sure."""

import json
import re

import pytest

from tests.truth_server import Behaviour, truth_server

EXPERIMENT = """\
schema_version: 1
id: decided
variants:
  - {{id: before, url: "{before}"}}
  - {{id: after, url: "{after}"}}
load: {{scenario: load.py, rate: 60}}
slice_seconds: 1
warm_up_seconds: 0.3
precision: {{seconds: 1}}
kpis: kpis.yaml
"""
SCENARIO = """\
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        self.client.get("/page")
"""
KPIS = """\
version: 1
comparison: {{confidence: 0.90, min_requests: {least}}}
kpis:
  - {{id: alone, title: Time alone, metric: unloaded_time, stat: p50, target: ["change <= -45 %"]}}
  - {{id: load, title: Response time, metric: response_time, stat: p50, target: ["change <= -45 %"]}}
"""

pytestmark = pytest.mark.long


@pytest.fixture
def decided(kpibench, tmp_path):
    """Compare 50 ms with 20 ms until decided; return the process and the run folder."""

    def run(*, least_requests):
        with truth_server() as before, truth_server() as after:
            before.set("*", Behaviour(service_ms=50))
            after.set("*", Behaviour(service_ms=20))
            text = EXPERIMENT.format(before=before.url, after=after.url)
            kpis = KPIS.format(least=least_requests)
            for name, content in {"mine.yaml": text, "load.py": SCENARIO, "kpis.yaml": kpis}.items():
                (tmp_path / name).write_text(content)
            process = kpibench(
                "run", "mine.yaml", "--until-decided", "--max-minutes", "3.3", "--out", "run", cwd=tmp_path
            )
        return process, tmp_path / "run"

    return run


def looks_of(process):
    """Return rounds and outcome of each look that was told."""
    found = re.findall(r"^After (\d+) rounds: (\w+)\.", process.stderr, re.MULTILINE)
    return [(int(rounds), outcome) for rounds, outcome in found]


def read(run):
    return (json.loads((run / name).read_text()) for name in ("results.json", "status.json", "plan.json"))


def test_what_nobody_can_miss_is_decided_at_the_first_look(decided):
    process, run = decided(least_requests=0)
    results, status, plan = read(run)

    assert process.returncode == 0, process.stderr
    assert looks_of(process) == [(8, "passed")]
    assert (len(plan["rounds"]), len(results["rounds"]), status["decided_after"]) == (24, 8, 8)
    assert not (run / "rounds" / "09").exists()
    assert results["gap"] == ""


def test_what_is_open_at_the_first_look_says_how_long_it_takes_and_ends_at_the_next(decided):
    """Sixty requests a round and side: eight rounds have too few of them, twelve have enough."""
    process, run = decided(least_requests=600)
    results, status, _ = read(run)
    told = " ".join(process.stderr.split())

    assert process.returncode == 0, process.stderr
    assert looks_of(process) == [(8, "inconclusive"), (12, "passed")]
    assert (len(results["rounds"]), status["decided_after"]) == (12, 12)
    more = re.search(r"About (\d) more rounds? \(\d minutes?\) of the same kind would decide", told)
    assert more is not None
    assert 1 <= int(more[1]) <= 4
    assert "The next look is after 12 rounds, " in told
    assert "; the last one after 24 rounds, " in told
    # each of the four looks has a quarter of the error rate
    assert results["confidence"] == pytest.approx(1 - 0.10 / 4)
    assert results["guards"]["error_rate"] == 0.05 / 4
    assert results["guards"]["tolerances"]["unloaded_time"] == 5
