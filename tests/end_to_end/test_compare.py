"""`kpibench compare` on two servers that run already and of which the truth is known."""

import json

import pytest

from tests.truth_server import Behaviour, truth_server

SCENARIO = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def visit(self):
        self.client.get("/page")
"""


@pytest.mark.long
def test_three_milliseconds_more_on_twenty_fail_by_what_is_asked_when_nothing_is_said(kpibench, tmp_path):
    (tmp_path / "load.py").write_text(SCENARIO)
    with truth_server() as before, truth_server() as after:
        before.set("*", Behaviour(service_ms=20))
        after.set("*", Behaviour(service_ms=23))
        urls = ("--before", before.url, "--after", after.url)
        process = kpibench(
            "compare", *urls, "--scenario", "load.py", "--rate", "60", "--minutes", "1.6", "--out", "run",
            cwd=tmp_path,
        )  # fmt: skip
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    kpis = {kpi["id"]: kpi for kpi in results["kpis"]}

    assert process.returncode == 99, process.stderr
    assert kpis["service-time"]["outcome"] == "failed"
    change = kpis["service-time"]["change"]
    # the way there and back is in it: a little less than 15 %
    assert 10 < change["low"] <= change["value"] <= change["high"] < 17
    assert kpis["error-share"]["outcome"] == "passed"
    assert results["duration_s"] < 1.6 * 60
