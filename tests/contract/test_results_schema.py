"""results.json: what analyze writes meets the schema that readers rely on."""

import copy

import pytest
from jsonschema import Draft202012Validator

from harness.campaign.analyze import analyze
from harness.store.results import results_schema
from tests.statistics.synthetic_run import SyntheticRun

CORE = (
    "schema_version", "run_id", "experiment", "seed", "outcome", "reason", "variants", "validity", "kpis",
    "comparisons", "environment",
)  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return analyze(SyntheticRun().write(tmp_path_factory.mktemp("run")))


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(results_schema())


def test_the_core_is_required_and_keeps_its_names():
    assert set(CORE) <= set(results_schema()["required"])


def test_what_analyze_writes_meets_the_schema(results):
    Draft202012Validator(results_schema()).validate(results)


def test_every_estimate_lies_in_its_interval_after_rounding(results):
    estimates = [c[side] for c in results["comparisons"] for side in ("before", "after", "change") if c[side]]

    assert len(estimates) > 20
    assert all(e["low"] <= e["value"] <= e["high"] for e in estimates)


def change_a_comparison(results):
    results["comparisons"][0]["change"] = None


def change_an_outcome(results):
    results["outcome"] = "probably"


def add_an_unknown_key(results):
    results["kpis"][0]["colour"] = "green"


def drop_the_reason(results):
    results["reason"] = ""


@pytest.mark.parametrize(
    "spoil", [change_a_comparison, change_an_outcome, add_an_unknown_key, drop_the_reason]
)
def test_results_that_hide_something_do_not_meet_the_schema(results, spoil):
    spoiled = copy.deepcopy(results)
    spoil(spoiled)

    assert not Draft202012Validator(results_schema()).is_valid(spoiled)
