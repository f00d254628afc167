"""Where the time goes: layers and other services of servers that tell, true words of those that do not."""

import pytest

from reports.html.charts.chart import NotEnoughData
from reports.html.charts.layers import draw_layers
from reports.html.page import render_page
from reports.html.sections import chosen_sections
from reports.results import parse_results


@pytest.fixture
def section(build_document):
    def section(**changes):
        document = build_document(endpoint_count=1) | changes
        page = render_page(parse_results(document), chosen_sections(["database"]))
        assert "could not be made" not in page
        return " ".join(page[page.index('id="database"') :].split())

    return section


def test_layers_of_both_sides_stand_with_their_own_times(section):
    page = section()

    assert page.count('id="layers-chart"') == 1
    assert "Layers of before, the outermost first" in page
    assert '<th scope="row">enhanced_security</th><td class="num">1</td>' in page
    assert "24.0 ms" in page
    assert '<th scope="row">auth</th>' in page


def test_a_side_without_layers_says_why_and_the_other_is_shown(section, build_document):
    layers = build_document()["layers"] | {"after": {"layers": [], "reason": "GET /layers: it answered 404"}}
    page = section(layers=layers)

    assert "Layers of after: not offered by this server: GET /layers: it answered 404." in page
    assert "Layers of before, the outermost first" in page


def test_servers_that_tell_nothing_are_said_to_tell_nothing(section):
    page = section(layers={}, external_calls={})

    assert "Not offered by these servers: the run holds no reading of them." in page
    assert "Not offered by these servers: a part <code>ext</code>" in page
    assert "layers-chart" not in page


def test_times_without_an_interval_draw_no_chart(build_document):
    layers = parse_results(build_document()).layers["before"].layers
    assert isinstance(draw_layers([], [], chart_id="a"), NotEnoughData)
    assert "enhanced_security" in draw_layers(layers, [], chart_id="a").svg


def test_calls_to_other_services_stand_by_service(section):
    page = section()

    assert '<th scope="row">payments</th>' in page
    assert '<td class="num">40</td><td class="num">21</td>' in page, "ms a call"
    assert '<th scope="row">calendar sms</th>' in page


def test_that_nobody_was_called_is_said_where_both_servers_say_so(section):
    assert "None of the requests asked another service." in section(
        external_calls={"before": [], "after": []}
    )
    assert "Not offered by this server (after)" in section(external_calls={"before": []})


def test_plans_of_the_worst_statements_stand_for_both_sides(section):
    queries = {
        variant: [
            {
                "query": f"SELECT {number}",
                "calls": 10,
                "total_ms": 100.0 - number,
                "calls_per_request": 1.0,
                "looks_repeated": number == 0,
                "plan": f"{node} on table_{number}",
            }
            for number in range(5)
        ]
        for variant, node in (("before", "Seq Scan"), ("after", "Index Scan"))
    }
    page = section(queries=queries)

    for number in range(5):
        assert f"Seq Scan on table_{number}" in page
        assert f"Index Scan on table_{number}" in page
    assert "looks like N+1 before and after" in page
