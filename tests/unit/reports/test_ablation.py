"""What each optimization does alone: which matter, in which order, and that it is no rollout."""

import io

import pytest

from reports.ablation import ablated_rows, by_chance_text
from reports.html.charts.chart import Chart, NotEnoughData
from reports.html.charts.forest import ForestRow, draw_forest
from reports.html.page import render_page
from reports.results import Estimate, parse_results
from reports.terminal import print_report

NAMES = ("indexes", "pool", "nothing", "slow_down")
"""Their synthetic changes are -60, -28, +4 (its interval holds 0) and +36 percent."""


@pytest.fixture
def added(build_document):
    return parse_results(build_document(ablated=NAMES, endpoint_count=1))


@pytest.fixture
def left_out(build_document):
    return parse_results(build_document(ablated=NAMES, is_left_out=True, endpoint_count=1))


def test_what_is_added_helps_where_it_makes_faster(added):
    assert [(row.name, row.deed, row.matters) for row in ablated_rows(added)] == [
        ("indexes", "added", "helps"),
        ("pool", "added", "helps"),
        ("nothing", "added", "not shown"),
        ("slow_down", "added", "hurts"),
    ]


def test_what_is_left_out_helps_where_its_lack_makes_slower(left_out):
    assert [(row.name, row.deed, row.matters) for row in ablated_rows(left_out)] == [
        ("slow_down", "left out", "helps"),
        ("nothing", "left out", "not shown"),
        ("pool", "left out", "hurts"),
        ("indexes", "left out", "hurts"),
    ]


def test_what_cannot_be_said_comes_last(build_document):
    document = build_document(ablated=NAMES, endpoint_count=1)
    for one in document["comparisons"]:
        if one.get("variant") == "before+indexes" and one["metric"] == "response_time":
            one.update(change=None, reason="not resolvable: 3 requests a round, p50 needs 10")
    rows = ablated_rows(parse_results(document))

    assert (rows[-1].name, rows[-1].matters) == ("indexes", "not resolvable")


def test_a_rollout_is_no_ablation(build_document):
    results = parse_results(build_document(phase_count=3, endpoint_count=1))

    assert ablated_rows(results) == ()
    assert 'id="ablation"' not in render_page(results)


def test_the_page_shows_each_effect_alone_and_calls_nothing_a_phase(added):
    page = render_page(added)

    assert 'id="ablation"' in page
    assert 'id="phases"' not in page
    assert "3 of 4 optimizations matter" in page
    assert "about 0.2 would still be shown by chance" in page
    assert "could not be made" not in page


def test_a_run_that_starts_from_after_says_which_variant_stands_where(left_out):
    page = render_page(left_out)
    screen = io.StringIO()
    print_report(left_out, screen, width=100)

    told = "Here before stands for after (After the optimization plan), and after for before"
    assert told in page
    assert told in " ".join(screen.getvalue().split())
    assert "by after, and within" in page


def test_chance_is_told_for_the_number_of_intervals(added):
    assert by_chance_text(added, 14).endswith("about 0.7 would still be shown by chance.")


def percent(value, low, high):
    return Estimate(value=value, low=low, high=high, unit="%", sample_count=6)


def test_a_change_to_nothing_and_one_of_a_hundredfold_share_an_axis():
    rows = [
        ForestRow(name="gone", change=percent(-100, -100, -99.9)),
        ForestRow(name="huge", change=percent(9900, 9000, 12000)),
        ForestRow(name="unknown", change=None),
    ]
    chart = draw_forest(rows, chart_id="a", title="Time", axis_label="change")

    assert isinstance(chart, Chart)
    assert "0 %" in chart.svg
    assert chart.table.rows[2] == ("unknown", "not resolvable", "")


def test_nothing_known_draws_nothing():
    chart = draw_forest([ForestRow(name="a", change=None)], chart_id="a", title="Time", axis_label="change")

    assert isinstance(chart, NotEnoughData)
    assert "n = 0 changes, need 1" in chart.sentence
