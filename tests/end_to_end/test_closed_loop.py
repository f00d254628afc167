"""A closed loop through the whole path: plan, generator, results; and what it must say of itself."""

import json

import pytest

from tests.truth_server import Behaviour, truth_server

EXPERIMENT = """\
schema_version: 1
id: closed
variants:
  - {{id: before, url: "{before}"}}
  - {{id: after, url: "{after}"}}
load: {{scenario: load.py, {load}}}
rounds: 1
couples: 1
slice_seconds: 1.5
warm_up_seconds: 0.3
kpis: kpis.yaml
"""
SCENARIO = """\
from locust import FastHttpUser, constant, task

class Visitor(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def visit(self):
        self.client.get("/page")
"""
KPIS = """\
version: 1
kpis:
  - {id: errors, title: Failed requests, metric: error_share, stat: share, target: ["<= 50 %"]}
"""


@pytest.fixture
def measured(kpibench, tmp_path):
    """Run one round of a load against a slow and a fast server; return process, results and plan."""

    def run(load):
        with truth_server() as before, truth_server() as after:
            before.set("*", Behaviour(service_ms=60))
            after.set("*", Behaviour(service_ms=20))
            text = EXPERIMENT.format(before=before.url, after=after.url, load=load)
            for name, content in {"mine.yaml": text, "load.py": SCENARIO, "kpis.yaml": KPIS}.items():
                (tmp_path / name).write_text(content)
            process = kpibench("run", "mine.yaml", "--out", "run", cwd=tmp_path)
        results, plan = (
            json.loads((tmp_path / "run" / f"{name}.json").read_text()) for name in ("results", "plan")
        )
        return process, results, plan

    return run


def counts(results):
    return {variant["id"]: variant["request_count"] for variant in results["variants"]}


def test_a_closed_loop_asks_the_slow_server_less_and_says_what_it_cannot_see(measured):
    process, results, plan = measured("users: 4")
    found = {check["id"]: check for check in results["validity"]}
    assert (plan["scenario"]["users"], plan["scenario"]["rate"]) == (4, None)
    assert 0 < counts(results)["before"] < counts(results)["after"]
    assert not found["open-loop"]["ok"]
    assert "coordinated omission" in found["open-loop"]["detail"]
    assert found["late-starts"]["value"] == 0
    assert "coordinated omission" not in results["reason"]
    assert "Traceback" not in process.stderr


@pytest.mark.long
def test_stages_ask_both_servers_alike(measured):
    _process, results, _plan = measured("stages: [[10, 0.5], [30, 0.5], [30, 0.5]], distribution: uniform")
    assert counts(results) == {"before": 30, "after": 30}
    assert "open-loop" not in {check["id"] for check in results["validity"]}
