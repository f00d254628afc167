"""Of every pair of variants: what changed, and whether its interval says that it matters."""
# ruff: noqa: RUF001  - the true minus sign is what people see, so it is what is tested

import io

from reports.pair_rows import pair_rows
from reports.results import parse_results
from reports.terminal import print_report


def _comparison(baseline, variant, change, metric="response_time"):
    value = {"value": 1.0, "low": 1.0, "high": 1.0, "unit": "ms", "sample_count": 9}
    if change is not None:
        change = dict(zip(("low", "value", "high"), change, strict=True)) | {"unit": "%", "sample_count": 6}
    return {
        "endpoint": "*",
        "metric": metric,
        "stat": "p50",
        "before": value,
        "after": value,
        "change": change,
        "before_count": 9,
        "after_count": 9,
        "reason": "" if change else "too few",
        "baseline": baseline,
        "variant": variant,
    }


def _results(build_document, *comparisons):
    document = build_document(endpoint_count=1)
    document["variants"][1:1] = [document["variants"][1] | {"id": name} for name in ("p1", "p2")]
    main = [_comparison("before", "after", (-90, -80, -70))]
    return parse_results(document | {"comparisons": [*main, *comparisons]})


def test_a_pair_matters_where_its_interval_does_not_hold_zero(build_document):
    results = _results(
        build_document,
        _comparison("before", "p1", (-50, -40, -30)),
        _comparison("before", "p2", (-5, 1, 7)),
        _comparison("p1", "p2", (2, 3, 4)),
        _comparison("p2", "after", (0, 0, 0)),
    )

    assert [(row.baseline, row.variant, row.word) for row in pair_rows(results)] == [
        ("before", "after", "faster"),
        ("before", "p1", "faster"),
        ("before", "p2", "not shown"),
        ("p1", "p2", "slower"),
        ("p2", "after", "none"),
    ]


def test_one_change_of_the_first_variant_is_shown_against_that_alone(build_document):
    results = _results(
        build_document,
        _comparison("before", "before+a", (-5, -4, -3)),
        _comparison("before", "before+b", (-5, 1, 7)),
        _comparison("before+a", "before+b", (2, 3, 4)),
        _comparison("before+b", "after", (-9, -8, -7)),
    )

    assert [row.variant for row in pair_rows(results)] == ["after", "before+a", "before+b"]


def test_a_pair_without_a_change_is_not_resolvable(build_document):
    rows = pair_rows(_results(build_document, _comparison("before", "p1", None)))

    assert [row.word for row in rows] == ["faster", "not resolvable"]


def test_times_without_load_decide_where_every_pair_has_them(build_document):
    alone = [
        _comparison(*pair, change, "unloaded_time")
        for pair, change in ((("before", "after"), (-90, -80, -70)), (("before", "p1"), (1, 2, 3)))
    ]
    under_load = _comparison("before", "p1", (-5, 1, 7))

    assert [row.word for row in pair_rows(_results(build_document, under_load, *alone))] == [
        "faster",
        "slower",
    ]
    of_one = pair_rows(_results(build_document, under_load, alone[0]))
    assert [row.word for row in of_one] == ["faster", "not shown"]


def test_the_terminal_shows_every_pair_and_counts_those_that_matter(build_document):
    results = _results(
        build_document, _comparison("before", "p1", (-50, -40, -30)), _comparison("p1", "p2", (-5, 1, 7))
    )
    file = io.StringIO()
    print_report(results, file, width=80)
    printed = file.getvalue()

    assert "(−50.0 to −30.0)" in printed
    assert "not shown" in printed
    assert "2 of 3 pairs" in printed
