"""The capacity section: shown for capacity runs alone, and never an empty chart."""

import pytest

from reports.errors import ReportError
from reports.html.charts.capacity import draw_latency_by_rate, draw_scalability
from reports.html.charts.chart import Chart, NotEnoughData
from reports.html.page import render_page
from reports.results import parse_results, with_capacity
from reports.terminal import print_report


def point(rate, latency_ms):
    return {
        "rate": rate,
        "throughput": 0.98 * rate,
        "concurrency": rate / 20,
        "p50_ms": 10.0,
        "latency_ms": latency_ms,
        "request_count": 150,
        "failed_count": 0,
        "verdicts": ["pass", "fail"],
    }


def variant(build_estimate, variant_id, *, level, points):
    numbers = build_estimate(level, level * 0.9, level * 1.1, "/s", 3)
    law = {
        "rate": numbers,
        "sigma": build_estimate(0.4, 0.3, 0.5, "", 3),
        "kappa": build_estimate(0, 0, 0.01, "", 3),
        "knee": None,
        "peak": numbers,
        "band": [
            {"concurrency": n, "throughput": 5.0 * n, "low": 4.0 * n, "high": 6.0 * n} for n in (1, 2, 4)
        ],
    }
    return {
        "id": variant_id,
        "capacity": numbers,
        "at_least": 0.8 * level,
        "reason": "",
        "rounds": [{"round": 1, "low": 20.0, "high": None, "end": "generator limit"}],
        "errors": {"failed_count": 0, "request_count": 900, "share": 0.0, "high": 0.4, "limit": 0.1},
        "curve": points,
        "latency_knee": None,
        "usl": law,
        "usl_reason": "",
    }


@pytest.fixture
def capacity_document(build_document, build_estimate):
    document = build_document(endpoint_count=1)
    points = [point(rate, rate * 2.0) for rate in (10.0, 20.0, 40.0)]
    document["capacity"] = {
        "slo": "p95 <= 400 ms <script>",
        "stat": "p95",
        "limit_ms": 400.0,
        "variants": [
            variant(build_estimate, "before", level=20.0, points=points),
            variant(build_estimate, "after", level=80.0, points=points),
        ],
        "change": build_estimate(300, 200, 400, "%", 3),
    }
    document["comparisons"] = []
    return document


@pytest.fixture(scope="module")
def page_without(build_document):
    return render_page(parse_results(build_document(endpoint_count=1)))


def test_a_run_at_one_rate_has_no_capacity_section(page_without):
    assert 'id="capacity"' not in page_without


def test_a_capacity_run_shows_its_own_parts_and_none_that_compare_requests(capacity_document):
    page = render_page(parse_results(capacity_document))

    assert 'id="capacity"' in page
    assert 'id="over-time"' not in page
    assert "could not be made" not in page
    assert page.count("<script>") == 1
    assert page.count("<figure") >= 2


def test_both_charts_are_drawn_with_their_data(capacity_document):
    capacity = parse_results(capacity_document).capacity
    latency = draw_latency_by_rate(capacity, chart_id="a")
    law = draw_scalability(capacity, chart_id="b")

    assert isinstance(latency, Chart)
    assert isinstance(law, Chart)
    assert len(latency.table.rows) == 6
    assert "limit 400 ms" in latency.svg


def test_too_little_gives_a_sentence_in_place_of_a_chart(capacity_document):
    for one in capacity_document["capacity"]["variants"]:
        one.update(curve=[point(10.0, None)], usl=None, usl_reason="not enough data")
    capacity = parse_results(capacity_document).capacity
    latency = draw_latency_by_rate(capacity, chart_id="a")

    assert isinstance(latency, NotEnoughData)
    assert "not enough data: n = 0 rates, need 2" in latency.sentence
    assert isinstance(draw_scalability(capacity, chart_id="b"), NotEnoughData)


def test_the_terminal_shows_what_each_variant_holds(capacity_document, tmp_path):
    capacity_document["capacity"]["variants"][1].update(capacity=None, reason="The generator is the limit.")
    path = tmp_path / "screen.txt"
    with path.open("w", encoding="utf-8") as file:
        print_report(parse_results(capacity_document), file, width=120)
    screen = path.read_text("utf-8")

    assert "20.0 /s" in screen
    assert "≥ 64 /s" in screen
    assert "The generator is the limit." in screen


@pytest.fixture
def results_beside(build_document, capacity_document, build_estimate):
    capacity_document["run_id"] = "20261124-080000-capacity"
    capacity_document["capacity"]["server_cores"] = 1
    for one in capacity_document["capacity"]["variants"]:
        one["requests_per_core"] = build_estimate(30, 27, 33, "/s", 3)
    return with_capacity(parse_results(build_document(endpoint_count=1)), parse_results(capacity_document))


def test_a_run_without_a_capacity_says_that_none_was_measured(page_without):
    assert "not measured; run <code>kpibench capacity</code>" in page_without
    assert "good answers a core" not in page_without


def test_a_capacity_run_given_beside_a_run_is_told_as_another_run(results_beside):
    page = render_page(results_beside)
    meaning = page[page.index('id="meaning"') : page.index('id="certainty"')]

    assert "before holds 20.0 /s (18.0 to 22.0), 30.0 /s (27.0 to 33.0) good answers a core." in meaning
    assert "Measured by another run, 20261124-080000-capacity" in meaning
    assert "Each server had 1 core;" in meaning
    assert 'id="capacity-latency-chart"' in page
    assert 'id="endpoints"' in page


def test_nothing_is_told_a_core_where_the_cores_are_not_known(capacity_document):
    page = render_page(parse_results(capacity_document))

    assert "The servers' cores are not known, so nothing is told a core." in page
    assert "good answers a core" not in page


def test_the_capacity_of_other_variants_is_refused(build_document, capacity_document):
    capacity_document["capacity"]["variants"][1]["id"] = "elsewhere"

    with pytest.raises(ReportError, match="elsewhere"):
        with_capacity(parse_results(build_document(endpoint_count=1)), parse_results(capacity_document))


def test_a_run_that_searched_none_is_refused(build_document):
    results = parse_results(build_document(endpoint_count=1))

    with pytest.raises(ReportError, match="searched no capacity"):
        with_capacity(results, results)
