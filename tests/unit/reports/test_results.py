"""results.json, read and checked."""

import json

import pytest

from reports.errors import ReportError
from reports.results import parse_results, read_results


def test_a_run_is_read_as_values(tmp_path, build_document):
    (tmp_path / "results.json").write_text(json.dumps(build_document()), encoding="utf-8")

    results = read_results(tmp_path)

    assert results.outcome == "passed"
    assert results.kpis[0].targets == ("<= 400 ms", "change <= -60 %")
    assert results.kpis[3].before is None
    assert results.comparison("*", "response_time", "p50").before.value == 412
    assert results.comparison("*", "db_time", "p50", "mean").stat == "mean"
    assert results.comparison("GET /nowhere", "db_time", "mean") is None
    assert results.endpoints[0] == "POST /login"
    assert results.over_time[0].p95_ms[2] is None
    assert [results.variant_id(side) for side in ("before", "after")] == ["before", "after"]


def test_the_first_variant_is_compared_with_the_last(build_document):
    document = build_document(endpoint_count=1)
    document["variants"].insert(1, document["variants"][1] | {"id": "p1"})

    assert [variant.id for variant in parse_results(document).sides] == ["before", "after"]
    assert parse_results(document | {"variants": []}).sides is None


def test_a_missing_file_is_one_sentence_and_the_next_step(tmp_path):
    with pytest.raises(ReportError) as caught:
        read_results(tmp_path)

    assert caught.value.message == f"There is no results.json in {tmp_path}."
    assert "runs/<id>" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": NaN}', "\ufeff{}"])
def test_what_is_no_json_is_said_so(tmp_path, text):
    (tmp_path / "results.json").write_text(text, encoding="utf-8")

    with pytest.raises(ReportError, match=r"results\.json is not JSON"):
        read_results(tmp_path)


@pytest.mark.parametrize("document", [[], {}, {"schema_version": 2}, {"schema_version": "1"}, None, 3])
def test_another_schema_version_is_refused(document):
    with pytest.raises(ReportError, match=r"schema_version .* reads 1"):
        parse_results(document)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.pop("kpis"), "lacks 'kpis'"),
        (lambda d: d.update(outcome="great"), "outcome must be one of passed, warned, failed"),
        (lambda d: d.update(seed=1.5), "seed must be a whole number"),
        (lambda d: d["kpis"][0]["before"].pop("low"), r"kpis\[0\]: before lacks 'low'"),
        (lambda d: d["kpis"][1].update(reason=None), r"kpis\[1\]: reason must be text"),
        (lambda d: d["comparisons"][2].update(after=7), r"comparisons\[2\]: after must be an object"),
        (lambda d: d["validity"][0].update(ok="yes"), r"validity\[0\]: ok must be true or false"),
        (lambda d: d["variants"][0].update(memory_uss={"value": "big"}), "value must be a number"),
        (lambda d: d["charts"]["ecdf"][0]["before"]["x_ms"].pop(), "299 x_ms for 300 shares"),
        (lambda d: d["charts"]["over_time"][0]["at_s"].pop(), "columns of different lengths"),
        (lambda d: d.update(rounds={}), "rounds must be a list"),
        (lambda d: d.update(environment=[]), "environment must be an object"),
    ],
)
def test_a_fault_names_its_place(build_document, spoil, message):
    document = build_document(endpoint_count=1)
    spoil(document)

    with pytest.raises(ReportError, match=message):
        parse_results(document)


def test_the_core_alone_is_enough(build_document):
    document = build_document(endpoint_count=1)
    for extra in ("title", "started_at", "duration_s", "confidence", "rounds", "charts", "queries", "gap"):
        del document[extra]

    results = parse_results(document)

    assert (results.title, results.rounds, results.distributions) == ("quick", (), ())
