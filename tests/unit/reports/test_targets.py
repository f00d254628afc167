"""Targets as positions on a chart."""

import pytest

from reports.results import parse_results
from reports.targets import absolute_target, parse_target, target_positions


def _kpi(build_document, **changes):
    document = build_document()
    document["kpis"] = [document["kpis"][0] | changes]
    return parse_results(document).kpis[0]


def test_a_target_is_taken_apart():
    absolute, relative = parse_target("<= 400 ms"), parse_target("change <= -60.5 %")

    assert (absolute.value, absolute.unit, absolute.is_change, absolute.is_upper_limit) == (
        400,
        "ms",
        False,
        True,
    )
    assert (relative.value, relative.unit, relative.is_change, relative.is_upper_limit) == (
        -60.5,
        "%",
        True,
        True,
    )
    assert not parse_target(">= 8 /s").is_upper_limit


@pytest.mark.parametrize("text", ["", "fast", "= 3 ms", "<= ms", "<= 400 ms or so"])
def test_what_is_no_target_has_no_position(text):
    assert parse_target(text) is None


def test_values_are_percent_of_an_absolute_target(build_document, build_estimate):
    kpi = _kpi(
        build_document,
        targets=["<= 200 ms"],
        before=build_estimate(400, 390, 410),
        after=build_estimate(100, 90, 120),
    )

    (position,) = target_positions(kpi)

    assert (position.before, position.after, position.after_low, position.after_high) == (200, 50, 45, 60)


def test_a_change_is_percent_of_what_the_target_leaves_of_before(build_document, build_estimate):
    kpi = _kpi(build_document, targets=["change <= -60 %"], change=build_estimate(-70, -80, -50, "%"))

    (position,) = target_positions(kpi)

    # The target leaves 40 of 100; before stands at 100, after at 30 (20 to 50).
    assert (position.before, position.after) == (250, 75)
    assert (position.after_low, position.after_high) == (50, 125)


@pytest.mark.parametrize("target", ["<= 0 %", "change <= -100 %", "<= 0.4 s", "nonsense"])
def test_a_target_that_cannot_be_a_scale_is_left_out(build_document, target):
    assert target_positions(_kpi(build_document, targets=[target])) == ()


def test_a_kpi_without_values_has_no_position(build_document):
    assert target_positions(_kpi(build_document, before=None, after=None, change=None)) == ()


def test_the_limit_line_of_a_chart_is_the_absolute_target_in_its_unit(build_document):
    kpi = _kpi(build_document, targets=["change <= -60 %", "<= 400 ms"])

    assert absolute_target(kpi, "ms").value == 400
    assert absolute_target(kpi, "s") is None
