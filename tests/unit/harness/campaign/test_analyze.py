"""From a run folder to results.json: verdicts, gaps, charts, and the same bytes twice."""

import json
from dataclasses import replace

import pytest

from harness.campaign.analyze import _requests_per_core, analyze
from harness.campaign.resume import is_whole, read_plan
from harness.errors import MeasurementError, NoDataError, UsageError
from harness.store.results import read_results
from tests.statistics.synthetic_run import KPIS, SyntheticRun, SyntheticServer

SMALL = SyntheticRun()
NO_SLOWER = """version: 1
kpis:
  - {id: response-time, title: Response time, metric: response_time, stat: p50, target: ["change <= +40 %"]}
"""


def judged(run, tmp_path):
    return analyze(run.write(tmp_path / "run"))


def broken(results):
    return {check["id"] for check in results["validity"] if not check["ok"]}


def test_a_true_improvement_passes_and_says_how_sure_it_is(tmp_path):
    results = judged(SMALL, tmp_path)

    assert results["outcome"] == "passed"
    assert broken(results) == set()
    assert results["gap"] == ""
    assert results["reason"].startswith(
        "All 3 blocking KPIs are proven: Response time is now 100 ms (88.1 to 122 ms)"
    )
    change = results["kpis"][0]["change"]
    assert change["low"] < -83.3 < change["high"], "600 ms became 100 ms"
    assert [kpi["outcome"] for kpi in results["kpis"]] == ["passed"] * 4


def test_results_hold_what_the_variants_and_rounds_showed(tmp_path):
    results = judged(SMALL, tmp_path)

    before, after = results["variants"]
    assert (before["id"], after["id"]) == ("before", "after")
    assert before["request_count"] == after["request_count"] > 500
    assert before["memory_uss"]["value"] == 80
    assert before["cpu_time"]["value"] == pytest.approx(90, rel=1e-3)
    assert after["cpu_time"]["value"] == pytest.approx(20, rel=1e-3)
    assert [one["index"] for one in results["rounds"]] == [1, 2, 3, 4, 5, 6]
    assert sum(one["request_count"]["after"] for one in results["rounds"]) == after["request_count"]
    assert results["rounds"][0]["slice_count"] == 8
    assert results["started_at"] == "2026-11-23T12:00:00Z"
    assert results["duration_s"] > 100
    assert results["environment"] == {"machine": {"cores": 2}, "clock_s": 1234567.890123}


def test_every_phase_is_compared_with_before_and_with_the_one_in_front_of_it(tmp_path):
    phases = SyntheticServer(service_ms=300), SyntheticServer(service_ms=200)
    results = judged(replace(SMALL, between=phases), tmp_path)

    changes = {
        (one["baseline"], one["variant"]): one["change"]["value"]
        for one in results["comparisons"]
        if (one["endpoint"], one["metric"], one["stat"]) == ("*", "service_time", "p50")
    }
    truth = {
        ("before", "after"): -83.3,
        ("before", "p1"): -50,
        ("before", "p2"): -66.7,
        ("p1", "p2"): -33.3,
        ("p2", "after"): -50,
    }
    assert list(changes) == list(truth)
    assert changes == {pair: pytest.approx(change, abs=8) for pair, change in truth.items()}
    assert results["kpis"][0]["change"]["value"] == pytest.approx(-83.3, abs=3), "the first against the last"
    assert [one["memory_uss"]["value"] for one in results["variants"]] == [80] * 4


def test_a_precision_part_gives_service_time_alone_and_what_the_server_says_of_itself(tmp_path):
    results = judged(replace(SMALL, precision_arrivals=60, couples=2), tmp_path)
    found = {(one["metric"], one["stat"]): one for one in results["comparisons"] if one["endpoint"] == "*"}
    alone = found["unloaded_time", "p50"]

    assert broken(results) == set()
    assert alone["change"]["low"] < -83.3 < alone["change"]["high"]
    assert alone["change"]["high"] - alone["change"]["low"] < 10
    assert alone["before_count"] == alone["after_count"] == found["db_time", "p50"]["before_count"] > 6 * 60
    assert found["response_time", "p50"]["before_count"] < sum(
        one["request_count"]["before"] for one in results["rounds"]
    )
    assert any(
        one["endpoint"] == "GET /slots" and one["metric"] == "unloaded_time" for one in results["comparisons"]
    )


def test_without_a_precision_part_one_line_says_so(tmp_path):
    found = [one for one in judged(SMALL, tmp_path)["comparisons"] if one["metric"] == "unloaded_time"]

    assert {one["endpoint"] for one in found} == {"*"}
    assert {one["reason"] for one in found} == {"not measured: the rounds have no precision part"}


def test_a_hidden_tail_of_after_alone_fails_the_run_by_a_guard(tmp_path):
    run = replace(SMALL, couples=8, after=replace(SMALL.before, stalled_share=0.06), kpis=NO_SLOWER)
    results = judged(run, tmp_path)

    assert results["outcome"] == "failed"
    assert results["reason"].startswith("Something that no KPI claims got worse")
    assert ("*", "slow_share") in {(one["endpoint"], one["metric"]) for one in results["guards"]["worse"]}
    assert results["kpis"][0]["outcome"] == "passed", "the median does not see it"


def test_the_kpi_file_says_what_the_guards_tolerate(tmp_path):
    kpis = NO_SLOWER + "guards: {slow_share: none, response_time: 1000 %}\n"
    run = replace(SMALL, couples=8, after=replace(SMALL.before, stalled_share=0.06), kpis=kpis)
    results = judged(run, tmp_path)

    assert results["guards"]["tolerances"]["response_time"] == 1000
    assert "slow_share" not in results["guards"]["tolerances"]
    assert {one["metric"] for one in results["guards"]["worse"]}.isdisjoint({"slow_share", "response_time"})


def test_two_equal_builds_have_guards_and_none_is_worse(tmp_path):
    results = judged(replace(SMALL, after=SMALL.before, kpis=NO_SLOWER), tmp_path)

    assert results["guards"]["count"] > 10
    assert results["guards"]["worse"] == []


def test_charts_and_statements_are_small_and_complete(tmp_path):
    results = judged(SMALL, tmp_path)

    lines = {line["endpoint"]: line for line in results["charts"]["ecdf"]}
    assert list(lines) == ["*", "GET /history", "GET /slots", "GET /slots/all", "POST /appointments"]
    assert len(lines["*"]["before"]["x_ms"]) <= 300
    assert lines["*"]["after"]["share"][-1] == 1
    assert len(results["charts"]["over_time"]) == 12
    assert results["charts"]["over_time"][0]["at_s"] == sorted(results["charts"]["over_time"][0]["at_s"])
    assert len(results["queries"]["before"]) == 20
    assert results["queries"]["before"][0] == {
        "query": "SELECT 24", "calls": 60, "total_ms": 744.0, "mean_ms": 12.4, "rows": 18,
        "shared_blocks_hit": 42, "shared_blocks_read": 6,
        "calls_per_request": 0.053286, "looks_repeated": False,
    }  # fmt: skip


def test_layers_tell_their_own_time_for_each_request_of_the_load(tmp_path):
    layered = SyntheticServer(service_ms=600, layers=(("outer", 2.0), ("inner", 0.5)))
    layers = judged(replace(SMALL, before=layered), tmp_path)["layers"]

    outer, inner = layers["before"]["layers"]
    assert (outer["name"], inner["name"]) == ("outer", "inner")
    assert (outer["calls_per_request"], outer["per_request_ms"]["value"]) == (1.0, 2.0)
    assert (inner["per_request_ms"]["value"], inner["p50_ms"]["value"], inner["p99_ms"]) == (0.5, 0.5, None)
    assert layers["after"] == {
        "layers": [],
        "reason": "the experiment does not ask the server for its layers",
    }


def test_calls_to_other_services_are_measured_and_added_up_where_the_server_tells(tmp_path):
    results = judged(replace(SMALL, before=replace(SMALL.before, external="payments")), tmp_path)

    (calls,) = results["external_calls"]["before"]
    assert calls["services"] == "payments"
    assert calls["call_count"] == calls["request_count"] > 50
    assert calls["total_ms"] == pytest.approx(4 * calls["call_count"], rel=1e-5)
    assert "after" not in results["external_calls"]
    one = next(
        c
        for c in results["comparisons"]
        if (c["endpoint"], c["metric"]) == ("POST /appointments", "external_time")
    )
    assert one["before"]["value"] == 4.0
    assert one["change"] is None
    assert "after not measured" in one["reason"]


def test_where_no_server_tells_of_other_services_the_mix_says_so_once(tmp_path):
    told = [c for c in judged(SMALL, tmp_path)["comparisons"] if c["metric"] == "external_calls"]

    assert [c["endpoint"] for c in told] == ["*"]
    assert told[0]["reason"].startswith("not measured")


def test_the_same_files_give_the_same_bytes(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    analyze(folder)
    first = folder.results_json.read_bytes()
    analyze(folder)

    assert folder.results_json.read_bytes() == first
    other = SMALL.write(tmp_path / "other" / "run")
    analyze(other)
    assert other.results_json.read_bytes() == first


def test_what_is_returned_is_what_is_written(tmp_path):
    folder = SMALL.write(tmp_path / "run")

    assert analyze(folder) == read_results(folder) == json.loads(folder.results_json.read_text())


def test_the_same_build_twice_is_no_improvement(tmp_path):
    results = judged(replace(SMALL, before=SMALL.after), tmp_path)

    assert results["outcome"] == "failed"
    assert "but the claim was a fall of at least 60 %" in results["reason"]


def test_swapped_labels_invert_every_ratio_and_mirror_the_verdict(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    there = analyze(folder)
    plan = json.loads(folder.plan_json.read_text())
    folder.write_json(folder.plan_json, {**plan, "variants": plan["variants"][::-1]})
    back = analyze(folder)

    assert (there["outcome"], back["outcome"]) == ("passed", "failed")
    for one, other in zip(there["comparisons"], back["comparisons"], strict=True):
        if one["metric"] == "slow_share":
            continue  # slow is what before finds slow, whichever build that is
        assert (one["before"], one["after"]) == (other["after"], other["before"])
        if one["change"]:
            ratios = [1 + one["change"][end] / 100 for end in ("value", "low", "high")]
            inverses = [1 + other["change"][end] / 100 for end in ("value", "high", "low")]
            assert [a * b for a, b in zip(ratios, inverses, strict=True)] == pytest.approx(
                [1, 1, 1], rel=1e-4
            )


def test_failing_fast_is_no_improvement(tmp_path):
    results = judged(replace(SMALL, after=SyntheticServer(service_ms=5, error_share=0.3)), tmp_path)

    assert results["outcome"] == "failed"
    assert results["reason"].startswith("1 of 3 blocking KPIs failed: Share of failed requests is now 29.1 %")
    assert results["variants"][1]["failed_count"] > 200


def test_one_failure_in_a_thousand_requests_is_not_proven_to_be_below_half_a_percent(tmp_path):
    results = judged(replace(SMALL, after=SyntheticServer(error_share=0.002), seed=3), tmp_path)

    assert 0 < results["variants"][1]["failed_count"] < 6
    assert results["outcome"] == "inconclusive"


def test_dropped_arrivals_make_the_run_invalid_and_count_as_failed(tmp_path):
    results = judged(replace(SMALL, dropped_arrivals=1), tmp_path)

    assert results["outcome"] == "invalid"
    assert broken(results) == {"rate-achieved", "dropped-arrivals"}
    assert results["variants"][1]["failed_count"] == 24


def test_a_late_generator_makes_the_run_invalid(tmp_path):
    assert broken(judged(replace(SMALL, start_lag_ms=12.0), tmp_path)) == {"start-lag"}


def test_a_busy_generator_makes_the_run_invalid(tmp_path):
    assert broken(judged(replace(SMALL, generator_cpu_share=0.5), tmp_path)) == {"generator-cpu"}


def test_a_verdict_that_only_the_generators_delay_makes_is_invalid(tmp_path):
    folder = replace(SMALL, start_lag_ms=4.9).write(tmp_path / "run")
    response, service = (
        next(c["after"]["low"] for c in analyze(folder)["comparisons"] if c["metric"] == metric)
        for metric in ("response_time", "service_time")
    )
    assert service < response
    target = f"<= {(service + response) / 2} ms"
    folder.write_text(
        folder.kpis_yaml,
        "version: 1\nkpis: [{id: r, title: Response time, metric: response_time, stat: p50, "
        f"target: ['{target}']}}]",
    )

    results = analyze(folder)

    assert results["kpis"][0]["outcome"] == "failed"
    assert results["outcome"] == "invalid"
    assert broken(results) == {"client-delay"}


def test_an_interrupted_run_is_judged_from_whole_rounds_and_says_what_is_missing(tmp_path):
    results = judged(replace(SMALL, rounds=7, finished_slices=6), tmp_path)

    assert len(results["rounds"]) == 6
    assert results["gap"] == "6 of 7 planned rounds are whole; missing: 7. Stopped by the user."
    assert results["outcome"] == "invalid"
    assert results["reason"].endswith(f"{results['gap']} Run it again to the end.")
    assert [kpi["outcome"] for kpi in results["kpis"]] == ["passed"] * 4


def test_a_run_without_a_whole_round_has_a_verdict_and_no_numbers(tmp_path):
    results = judged(replace(SMALL, rounds=1, finished_slices=3), tmp_path)

    assert results["outcome"] == "invalid"
    assert "0 of 1 planned rounds are whole; missing: 1." in results["reason"]
    assert results["rounds"] == []
    assert all(c["change"] is None and c["reason"] for c in results["comparisons"])
    assert {kpi["outcome"] for kpi in results["kpis"]} == {"no_data"}


def test_too_few_rounds_are_inconclusive(tmp_path):
    results = judged(replace(SMALL, rounds=5), tmp_path)

    assert results["outcome"] == "inconclusive"
    assert results["reason"] == (
        "3 of 3 blocking KPIs could not be decided: Response time cannot be judged: not resolvable: 5 rounds,"
        " a 95 % interval needs 6."
    )


def test_a_server_that_reports_nothing_is_judged_on_what_is_seen_from_outside(tmp_path):
    results = judged(replace(SMALL, after=SyntheticServer(db_ms=None, query_count=None)), tmp_path)

    by_id = {kpi["id"]: kpi for kpi in results["kpis"]}
    assert by_id["response-time"]["outcome"] == "passed"
    assert by_id["query-time"]["reason"] == (
        "Database time has no data: after not measured: no good answer carries it in a Server-Timing header."
    )


def test_a_damaged_sample_file_is_seen(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    path = next(folder.path.glob("rounds/01/after/slices/0002.arrow"), None) or next(
        folder.path.glob("rounds/01/after/slices/0003.arrow")
    )
    path.write_bytes(path.read_bytes()[:-2000])

    assert "samples-complete" in broken(analyze(folder))


def test_an_old_folder_without_probes_and_environment_is_judged_too(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    for path in (*folder.path.glob("rounds/*/*/process.jsonl"), *folder.path.glob("rounds/*/*/queries.json")):
        path.unlink()
    folder.environment_json.unlink()

    results = analyze(folder)

    assert results["outcome"] == "passed"
    assert results["variants"][0]["memory_uss"] is None
    assert results["queries"] == {"before": [], "after": []}
    assert results["environment"] == {}


def test_a_folder_without_a_plan_has_nothing_to_judge(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    folder.plan_json.unlink()

    with pytest.raises(NoDataError, match="the run ended before it had a plan"):
        analyze(folder)


def test_a_damaged_plan_and_a_faulty_kpi_file_are_told(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    folder.write_text(folder.kpis_yaml, KPIS.replace("ms", "miles"))
    with pytest.raises(UsageError, match="miles"):
        analyze(folder)

    folder.write_text(folder.plan_json, "{}")
    with pytest.raises(MeasurementError, match=r"plan.json is damaged"):
        analyze(folder)


def test_a_look_judges_the_rounds_so_far_with_its_share_of_the_error_rate(tmp_path):
    folder = replace(SMALL, rounds=9, looks=(8, 9)).write(tmp_path / "run")
    early, late = analyze(folder, look=8), analyze(folder)

    assert (len(early["rounds"]), len(late["rounds"])) == (8, 9)
    assert early["confidence"] == late["confidence"] == 0.975
    assert early["guards"]["error_rate"] == 0.025
    assert broken(early) == set(), "that the rest of the plan was not run yet is no fault"


def test_at_a_look_open_is_open_and_what_is_measured_later_is_not_asked_for(tmp_path):
    speed = "{id: a, title: A, metric: response_time, stat: p50, target: ['change <= -83 %']}"
    leak = "{id: b, title: B, metric: live_heap_slope, stat: slope, target: ['<= 20 B/request']}"
    kpis = f"version: 1\ncomparison: {{on_inconclusive: failed}}\nkpis: [{speed}, {leak}]\n"
    folder = replace(SMALL, rounds=9, looks=(8, 9), kpis=kpis).write(tmp_path / "run")
    early = analyze(folder, look=8)

    assert [(kpi["id"], kpi["outcome"]) for kpi in early["kpis"]] == [("a", "inconclusive")]
    assert early["outcome"] == "inconclusive"
    assert [kpi["outcome"] for kpi in analyze(folder)["kpis"]] == ["failed", "no_data"]


def test_a_run_that_was_decided_early_is_whole_and_stays_as_it_was_judged(tmp_path):
    folder = replace(SMALL, rounds=9, looks=(8, 9)).write(tmp_path / "run")
    folder.write_status({**folder.status, "decided_after": 8})

    results = analyze(folder)

    assert len(results["rounds"]) == 8
    assert results["gap"] == ""
    assert is_whole(read_plan(folder), folder)


def test_the_cores_of_the_machine_are_found_where_the_environment_has_them(tmp_path):
    folder = SMALL.write(tmp_path / "run")
    folder.write_json(folder.environment_json, {"machine": {"machine": {"logical_cpus": 2}}})
    for index in range(1, 7):
        for at_s in (0, 10_000):
            line = f'{{"at_ns": {at_s * 10**9}, "cpu_share": 0.5, "steal_share": 0.0, "load_1m": 1.0}}'
            folder.append_line(folder.host_jsonl(index), line)

    stats = {(one["stat"], one["endpoint"]): one for one in analyze(folder)["comparisons"]}
    assert stats["p50_calm", "*"]["change"] is not None


@pytest.mark.parametrize(
    ("cpu_time", "per_core"),
    [
        (None, None),
        ({"value": 4.0, "low": 0.0, "high": 5.0, "unit": "ms", "sample_count": 6}, None),
        (
            {"value": 4.0, "low": 2.0, "high": 5.0, "unit": "ms", "sample_count": 6},
            {"value": 250.0, "low": 200.0, "high": 500.0, "unit": "/s", "sample_count": 6},
        ),
    ],
)
def test_requests_a_core_are_the_inverse_of_the_cpu_time_with_its_ends_exchanged(cpu_time, per_core):
    assert _requests_per_core(cpu_time) == per_core
