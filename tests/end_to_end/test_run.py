"""The main job on real parts: real PostgreSQL, real HTTP, real Locust, a real verdict."""

import json

import pyarrow.ipc
import pytest

from harness.model.verdict import Outcome
from harness.plan.plan_file import load_plan

EXIT_CODES = {outcome.value: outcome.exit_code for outcome in Outcome}


@pytest.fixture(scope="module")
def done(kpibench, small_experiment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return kpibench("run", small_experiment, "--out", "run", cwd=folder), folder / "run"


@pytest.fixture(scope="module")
def results(done):
    return json.loads((done[1] / "results.json").read_text())


def rows(run, variant):
    for path in sorted(run.glob(f"rounds/*/{variant}/slices/*.arrow")):
        summary = json.loads(path.with_suffix(".json").read_text())
        if not summary["is_warm_up"]:
            yield from pyarrow.ipc.open_stream(path).read_all().to_pylist()


def test_the_exit_code_is_the_verdict(done, results):
    process, _run = done

    assert process.returncode == EXIT_CODES[results["outcome"]], process.stderr
    assert "Traceback" not in process.stderr


def test_the_verdict_and_the_path_of_the_report_are_printed(done, results):
    process, run = done

    assert Outcome(results["outcome"]).words in process.stdout.lower()
    assert str(run.name) in process.stdout
    assert "report.html" in process.stdout


def test_all_files_of_the_run_folder_are_there(done):
    _process, run = done
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}

    assert {
        "experiment.yaml",
        "kpis.yaml",
        "plan.json",
        "environment.json",
        "status.json",
        "results.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "kpi.csv",
        "rounds/01/before/counts.json",
        "rounds/06/after/counts.json",
        "rounds/01/round.json",
        "rounds/01/host.jsonl",
        "rounds/01/generator.jsonl",
        "rounds/06/after/process.jsonl",
        "rounds/06/before/queries.json",
        "rounds/06/before/server.log",
    } <= names
    assert json.loads((run / "status.json").read_text())["state"] == "finished"


def test_both_variants_saw_the_same_requests_and_all_are_good(done):
    _process, run = done
    before, after = list(rows(run, "before")), list(rows(run, "after"))

    def journeys(samples):
        return sorted({(row["arrival"], row["journey"]) for row in samples})

    assert journeys(before) == journeys(after)
    assert {row["error"] for row in before + after} == {""}
    assert {row["status"] for row in before + after} <= {200, 201, 304, 409}


def test_every_sample_has_the_servers_own_times(done):
    _process, run = done
    for variant in ("before", "after"):
        for row in rows(run, variant):
            assert row["scheduled_ns"] <= row["sent_ns"] + 1_000_000
            assert row["sent_ns"] < row["finished_ns"]
            assert row["server_app_ms"] is not None
            assert row["server_query_count"] is not None


def test_the_event_loops_and_collections_of_both_variants_are_seen(results):
    seen = {(line["variant"], line["round"]) for line in results["charts"]["runtime"]}

    assert seen == {(variant, index) for variant in ("before", "after") for index in range(1, 7)}
    for told in results["runtime"].values():
        assert told["longest_pause_ms"] > 0 or told["collections_per_1000"] == 0
        assert told["longest_lag_ms"] >= 0


def test_the_places_are_those_that_the_plan_drew(done, results):
    _process, run = done
    plan = load_plan((run / "plan.json").read_text())

    assert [entry["places"] for entry in results["rounds"]] == [list(round_.places) for round_ in plan.rounds]


def test_the_result_says_on_what_it_was_measured(results):
    database = results["environment"]["database"]

    assert database["version"].startswith("18.")
    assert "pg_stat_statements" in database["settings"]["shared_preload_libraries"]


def test_the_ordinary_work_of_both_variants_is_seen_in_the_database(results):
    for variant in ("before", "after"):
        assert any("appointments" in statement["query"] for statement in results["queries"][variant])


def test_what_the_backend_is_made_of_is_counted_in_every_round(done, results):
    _process, run = done
    counted = {
        variant: [
            json.loads(path.read_text()) for path in sorted(run.glob(f"rounds/*/{variant}/counts.json"))
        ]
        for variant in ("before", "after")
    }
    kpis = {kpi["id"]: kpi for kpi in results["kpis"]}

    assert len(counted["before"]) == len(counted["after"]) == 6
    assert all(counts["service_count"]["count"] > 190 for counts in counted["before"])
    assert all(counts["middleware_layers"]["count"] == 13 for counts in counted["before"])
    for counts in counted["before"] + counted["after"]:
        assert {name: entry["reason"] for name, entry in counts.items() if entry["count"] is None} == {}
    assert kpis["service-count"]["before"]["value"] > 190
    assert kpis["service-count"]["outcome"] == kpis["middleware-layers"]["outcome"] == "passed"
    assert kpis["index-count"]["after"]["value"] > kpis["index-count"]["before"]["value"]


def test_after_keeps_every_rule_in_the_data(results):
    kpi = next(kpi for kpi in results["kpis"] if kpi["id"] == "double-bookings")

    assert (kpi["outcome"], kpi["after"]["value"]) == ("passed", 0)


def test_a_run_is_no_slower_than_itself_and_says_that_this_is_weaker_evidence(done, kpibench):
    again = kpibench("gate", done[1], "--baseline", done[1], cwd=done[1])

    assert again.returncode in {0, 3, 4}, again.stderr
    assert "Weaker evidence" in again.stdout
    assert "not measured alike" not in again.stdout


def test_history_shows_the_run(done, kpibench):
    shown = kpibench("history", "response-time", "--runs", done[1].parent, cwd=done[1])

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("small response-time: Response time, 1 run")


def test_report_gives_the_same_bytes_again_and_exports_every_form(done, kpibench):
    first = (done[1] / "report.html").read_bytes()
    forms = ("openmetrics", "github-benchmark", "bencher", "gitlab-load", "badge")
    again = kpibench("report", done[1], *(f"--export={form}" for form in forms), cwd=done[1])

    assert again.returncode == 0, again.stderr
    assert (done[1] / "report.html").read_bytes() == first
    for name in ("metrics.txt", "gab-smaller.json", "bmf.json", "load-performance.json", "badge.svg"):
        assert (done[1] / name).stat().st_size > 0


def test_after_is_found_to_be_faster_with_an_interval(results):
    change = next(
        entry["change"]
        for entry in results["comparisons"]
        if (entry["endpoint"], entry["metric"], entry["stat"]) == ("*", "service_time", "p50")
    )

    assert change["low"] <= change["value"] <= change["high"] < 0


def test_analyze_gives_the_same_bytes_again(done, kpibench):
    _process, run = done
    first = (run / "results.json").read_bytes()
    again = kpibench("analyze", run, cwd=run)

    assert again.returncode == 0, again.stderr
    assert (run / "results.json").read_bytes() == first


def test_gate_gives_the_verdict_again(done, kpibench, results):
    again = kpibench("gate", done[1], cwd=done[1])

    assert again.returncode == EXIT_CODES[results["outcome"]]
    assert again.stdout.startswith(f"{Outcome(results['outcome']).words}: {results['reason']}")


def test_list_shows_the_run(done, kpibench, results):
    _process, run = done
    shown = kpibench("list", "--runs", run.parent, cwd=run).stdout

    assert "quick" in shown
    assert f"{results['outcome']}: " in shown
