"""The order in which people need the comparisons."""

import pytest

from reports.findings import endpoint_rows, find, headline_kpi
from reports.results import parse_results


def test_the_whole_mix_comes_first_and_then_the_least_improved(results):
    rows = endpoint_rows(results)
    changes = [row.response_p50.change.value for row in rows[1:]]

    assert rows[0].endpoint == "*"
    assert rows[1].endpoint == "GET /health"
    assert sorted(changes, reverse=True) == changes


def test_an_endpoint_without_a_known_change_comes_last(build_document):
    document = build_document()
    for comparison in document["comparisons"]:
        if comparison["endpoint"] == "GET /health" and comparison["metric"] == "response_time":
            comparison["change"] = None

    assert endpoint_rows(parse_results(document))[-1].endpoint == "GET /health"


def test_every_comparison_is_in_exactly_one_group(results):
    found = find(results)
    total = sum(len(g) for g in (found.worse, found.better, found.unclear, found.same, found.unresolved))

    assert len(results.comparisons) == total


def test_worse_is_only_what_lies_wholly_on_the_worse_side(results):
    found = find(results)

    assert {comparison.endpoint for comparison in found.worse} == {"GET /health"}
    assert all(comparison.change.low > 0 for comparison in found.worse)


def test_errors_that_appear_from_nothing_are_not_overlooked(results):
    suspects = find(results).suspects

    assert [(s.endpoint, s.metric) for s in suspects] == [("PATCH /bookings", "error_share")]


@pytest.mark.parametrize(
    ("low", "high", "group"), [(-9, -3, "worse"), (3, 9, "better"), (-3, 9, "unclear"), (0, 0, "same")]
)
def test_a_rate_that_falls_is_worse(build_document, build_estimate, low, high, group):
    document = build_document(endpoint_count=1)
    rate = next(c for c in document["comparisons"] if c["metric"] == "achieved_rate")
    rate["change"] = build_estimate((low + high) / 2, low, high, "%")

    grouped = getattr(find(parse_results(document)), group)

    assert "achieved_rate" in {comparison.metric for comparison in grouped}


def test_the_headline_is_the_first_blocking_kpi_with_numbers(build_document):
    document = build_document()
    document["kpis"].reverse()

    assert headline_kpi(parse_results(document)).id == "queries"

    document["kpis"] = []

    assert headline_kpi(parse_results(document)) is None
