"""The history of KPIs, as a person reads it."""

import json
import shutil

import pytest
from click.testing import CliRunner

from harness.campaign.analyze import analyze
from harness.cli.history import history, sparkline
from harness.errors import NoDataError, UsageError
from tests.statistics.synthetic_run import SyntheticRun


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    folder = SyntheticRun(couples=1).write(tmp_path_factory.mktemp("one") / "run")
    analyze(folder)
    return folder


@pytest.fixture
def store(one_run, tmp_path):
    """Give a function that stores a run for each value of `response-time`, a day apart."""

    def store(values, outcomes=()):
        for day, value in enumerate(values, start=1):
            path = tmp_path / f"run-{day:02}"
            shutil.copytree(one_run.path, path, ignore=shutil.ignore_patterns("rounds"))
            results = json.loads((path / "results.json").read_text())
            results["started_at"] = f"2026-11-{day:02}T12:00:00Z"
            results["outcome"] = dict(outcomes).get(day, "passed")
            kpi = results["kpis"][0]
            kpi["outcome"] = "passed"
            kpi["after"] = {**kpi["after"], "value": value, "low": value - 5, "high": value + 5}
            (path / "results.json").write_text(json.dumps(results))
        return tmp_path

    return store


def shown(*arguments):
    done = CliRunner().invoke(history, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output.splitlines()


def test_a_step_is_named_with_the_run_at_which_it_came(store):
    runs = store([400, 404, 398, 402, 401, 399, 320, 318, 323, 321, 319, 322])

    lines = shown("response-time", "--runs", runs)

    assert lines[0].startswith("synthetic response-time: Response time, 12 runs  ")
    assert lines[0].endswith("last 322 ms (317 to 327)")
    assert lines[1] == "  run-01  passed        400 ms (395 to 405)"
    assert lines[-1] == "  step at run-07: 400 to 320 ms, -20 %"


def test_a_history_without_a_step_says_so(store):
    runs = store([400, 404, 398, 402, 401, 399, 400, 398, 403, 401])

    assert shown("response-time", "--runs", runs)[-1] == "  no step in 10 runs"


def test_few_runs_say_how_many_are_needed_and_an_invalid_one_does_not_count(store):
    runs = store([400, 100, 402], outcomes={2: "invalid"})

    lines = shown("response-time", "--runs", runs)

    assert lines[2].startswith("  run-02  invalid ")
    assert lines[-1] == "  2 valid runs with a number: a step needs 10, 8 more."


def test_a_run_that_was_not_measured_like_the_one_before_is_told(store):
    runs = store([400, 402])
    environment = json.loads((runs / "run-02" / "environment.json").read_text())
    environment["cores"] = {"servers": [3], "driver": [0]}
    (runs / "run-02" / "environment.json").write_text(json.dumps(environment))

    lines = shown("response-time", "--runs", runs)

    assert lines[3].strip() == "not measured like the run above: the cores"


def test_without_a_kpi_each_has_its_line(store):
    lines = shown("--runs", store([400]))

    assert [line.split()[1] for line in lines if not line.startswith(" ")] == [
        "response-time:",
        "query-time:",
        "error-share:",
        "memory:",
    ]


def test_a_damaged_run_takes_no_part(store):
    runs = store([400, 402])
    (runs / "run-01" / "results.json").write_text("{")

    assert "1 run " in shown("response-time", "--runs", runs)[0]


def test_what_is_not_there_is_told(store, tmp_path):
    with pytest.raises(NoDataError):
        CliRunner().invoke(history, ["--runs", str(tmp_path / "none")], catch_exceptions=False)
    with pytest.raises(UsageError, match="response-time"):
        CliRunner().invoke(history, ["speed", "--runs", str(store([400]))], catch_exceptions=False)


@pytest.mark.parametrize(("values", "bars"), [([1, 2, 8], "▁▂█"), ([5, 5], "▁▁"), ([], ""), ([0, -7], "█▁")])
def test_a_sparkline_reaches_from_the_lowest_to_the_highest(values, bars):
    assert sparkline(values) == bars
