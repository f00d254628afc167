"""Two stored runs: compared where they were measured alike, refused where they were not."""

import json

import pytest

from harness.campaign.analyze import analyze
from harness.campaign.compare_runs import compare_runs
from harness.errors import UsageError
from harness.gates.kpi_file import parse_kpi_file
from tests.statistics.synthetic_run import SyntheticRun, SyntheticServer

KPIS = parse_kpi_file(
    """version: 1
kpis:
  - {id: speed, title: Response time, metric: response_time, stat: p50, target: ["change <= +10 %"]}
  - {id: errors, title: Failed requests, metric: error_share, stat: share, target: ["<= 1 %"]}
""",
    name="kpis.yaml",
)


def stored(path, **after):
    folder = SyntheticRun(after=SyntheticServer(**after)).write(path)
    analyze(folder)
    return folder


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("runs") / "baseline")


def compared(run, baseline, *, allowed=False):
    return compare_runs(run, baseline, KPIS, are_differences_allowed=allowed)


def test_the_same_build_at_another_time_is_no_slower(baseline, tmp_path):
    found = compared(stored(tmp_path / "run"), baseline)

    assert found.differences == ()
    speed = found.kpis[0].comparison
    assert speed is not None
    assert speed.change is not None
    assert speed.change.low <= 0 <= speed.change.high
    assert speed.change.high - speed.change.low > 10, "unpaired rounds of a drifting machine say less"


def test_a_build_that_became_much_slower_fails_against_the_baseline(baseline, tmp_path):
    found = compared(stored(tmp_path / "run", service_ms=300), baseline)

    assert found.verdict.outcome.value == "failed"
    assert "Response time rose" in found.kpis[0].verdict.reason


def test_runs_that_were_not_measured_alike_are_refused_and_each_difference_is_named(baseline, tmp_path):
    folder = SyntheticRun(rate=9.0, couples=5).write(tmp_path / "run")
    environment = folder.read_json(folder.environment_json)
    environment["inputs"] = {"scenario_sha256": "another", "data": {"after": "other rows"}}
    environment["machine"] = {"packages": {"aiohttp": "9.9"}}
    folder.write_json(folder.environment_json, environment)
    analyze(folder)

    with pytest.raises(UsageError) as caught:
        compared(folder, baseline)

    told = caught.value.message
    for what in (
        "the load, rate: 8.0 in the baseline, 9.0 in this run",
        "the load, slices of a round: 8 in the baseline, 10 in this run",
        "the script: not noted in the baseline, another in this run",
        "the data set: none in the baseline, other rows in this run",
        "packages aiohttp: nothing in the baseline, 9.9 in this run",
    ):
        assert what in told
    assert caught.value.exit_code == 2

    allowed = compared(folder, baseline, allowed=True)
    assert len(allowed.differences) == 5
    assert allowed.verdict.outcome.value in {"passed", "inconclusive", "failed"}


def test_a_comparison_with_an_invalid_run_is_invalid(baseline, tmp_path):
    folder = stored(tmp_path / "run")
    results = json.loads(folder.results_json.read_text())
    folder.results_json.write_text(json.dumps({**results, "outcome": "invalid", "reason": "Broken."}))

    assert compared(folder, baseline).verdict.outcome.value == "invalid"
    assert compared(baseline, folder).verdict.outcome.value == "invalid"
