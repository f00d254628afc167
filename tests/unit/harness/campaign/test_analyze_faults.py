"""From slices with faults to verdicts and the section of results.json."""

from dataclasses import replace

import pytest

from harness.campaign.analyze import analyze
from harness.model.fault import EndpointGroup, Fault, FaultMark, FaultTimeline, RestartDatabase
from harness.plan.plan_file import dump_plan, load_plan
from tests.statistics.synthetic_run import SyntheticRun, SyntheticServer

KPIS = """version: 1
kpis:
  - {id: back, title: Recovery, metric: recovery_time, stat: longest, target: ["<= 1 s"]}
  - {id: goodput, title: Good answers, metric: goodput_share, stat: mean, phase: down, target: [">= 50 %"]}
  - {id: bookings, title: Failed bookings, metric: error_share, stat: share, phase: down,
     endpoint: bookings, target: ["<= 5 %"]}
  - {id: slots, title: Median of looking, metric: response_time, stat: p50, phase: quiet,
     endpoint: "GET /slots*", target: ["<= 400 ms"]}
"""
TIMELINE = FaultTimeline(
    faults=(Fault(id="down", title="The database is down", at_s=3, for_s=2, action=RestartDatabase()),),
    good_within_ms=2000,
    groups=(EndpointGroup(name="bookings", patterns=("POST *",)),),
)
RUN = SyntheticRun(
    before=SyntheticServer(service_ms=20, error_share=0.0),
    after=SyntheticServer(service_ms=20),
    couples=1,
    slice_s=12,
    rate=20,
    kpis=KPIS,
)


def judged(tmp_path, *, error=""):
    """Analyze a run whose servers are not impressed by the fault that its marks tell of."""
    folder = RUN.write(tmp_path / "run")
    plan = replace(load_plan(folder.plan_json.read_text()), faults=TIMELINE)
    folder.write_text(folder.plan_json, dump_plan(plan))
    for index, summary in folder.finished_slices():
        if not summary.is_warm_up:
            start_ns = summary.report.started_ns
            mark = FaultMark(
                fault="down", started_ns=start_ns + 3 * 10**9, ended_ns=start_ns + 5 * 10**9, error=error
            )
            folder.write_slice_summary(index, replace(summary, faults=(mark,)))
    return analyze(folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return judged(tmp_path_factory.mktemp("faults"))


def test_phases_of_all_rounds_are_judged_and_shown(results):
    assert {kpi["id"]: kpi["outcome"] for kpi in results["kpis"]} == dict.fromkeys(
        ("back", "goodput", "bookings", "slots"), "passed"
    )
    assert (results["kpis"][0]["after"]["value"], results["kpis"][0]["phase"]) == (0, "")
    section = results["faults"]
    assert [phase["id"] for phase in section["phases"]] == ["quiet", "down", "recovery"]
    assert section["faults"][0]["action"] == "immediate stop of PostgreSQL, then a start"
    before = section["variants"][0]
    assert (before["slice_count"], before["marks"]) == (6, [{"fault": "down", "start_s": 3, "end_s": 5}])
    assert len(before["seconds"]["good"]) == 12
    assert {one["recovery_s"] for one in section["rounds"]} == {0}
    assert results["guards"]["count"] == 0, "a fault's effect on whole slices is guarded by nobody"


def test_a_fault_that_was_not_injected_makes_the_run_invalid(tmp_path):
    results = judged(tmp_path, error="could not be injected: no such proxy.")

    assert results["outcome"] == "invalid"
    (check,) = [check for check in results["validity"] if check["id"] == "faults-carried-out"]
    assert check["detail"].startswith("12 of 12 faults did not go as planned; down in round 1, ")
    assert "no such proxy" in check["detail"]


def test_the_whole_mix_groups_and_what_kpis_name_are_compared_by_phase(results):
    found = {(one["endpoint"], one["phase"], one["metric"]) for one in results["faults"]["comparisons"]}

    for endpoint in ("*", "bookings", "GET /slots*"):
        assert {
            (endpoint, "quiet", "goodput"),
            (endpoint, "down", "slowdown"),
            (endpoint, "", "recovery_time"),
        } <= found
