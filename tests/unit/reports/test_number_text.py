"""Numbers as people read them."""
# ruff: noqa: RUF001  - the true minus sign is what people see, so it is what is tested

import pytest

from reports.number_text import (
    change_interval_text,
    change_text,
    count_text,
    counted,
    duration_text,
    interval_text,
    moment_text,
    number_text,
    pair_text,
    percentage_text,
    sample_counts_text,
    target_text,
    value_text,
)
from reports.results import Estimate


def _estimate(value, low=None, high=None, unit="ms", sample_count=7):
    return Estimate(
        value=value,
        low=value if low is None else low,
        high=value if high is None else high,
        unit=unit,
        sample_count=sample_count,
    )


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (155.2, "ms", "155 ms"),
        (1.2345, "ms", "1.23 ms"),
        (0.012345, "ms", "0.0123 ms"),
        (99.96, "ms", "100 ms"),
        (999.6, "ms", "1,000 ms"),
        (12345.0, "ms", "12,300 ms"),
        (0.0, "ms", "0 ms"),
        (-3.0, "ms", "−3.00 ms"),
        (0.2415, "%", "0.24 %"),
        (2.0, "count", "2"),
        (42.43, "count", "42.4"),
        (71.2, "MiB", "71.2 MiB"),
        (8.0, "/s", "8.00 /s"),
    ],
)
def test_a_value_has_three_significant_digits_and_its_unit(value, unit, expected):
    assert expected == value_text(_estimate(value, unit=unit))


def test_what_is_null_is_not_resolvable_and_never_a_number():
    assert value_text(None) == "not resolvable"
    assert change_text(None) == "not resolvable"
    assert pair_text(None, None) == "not resolvable"
    assert interval_text(None) == ""
    assert change_interval_text(None) == ""


def test_an_interval_is_as_precise_as_its_value():
    assert interval_text(_estimate(155.2, 148.04, 161.9)) == "(148 to 162)"
    assert interval_text(_estimate(4.1, 0.96, 12.0)) == "(0.96 to 12.00)"


def test_the_interval_around_zero_keeps_its_upper_end():
    assert interval_text(_estimate(0.0, 0.0, 0.2966, unit="%")) == "(0.00 to 0.30)"


def test_a_change_has_a_sign_and_a_true_minus():
    change = _estimate(-62.4, -66.12, 0.4, unit="%")

    assert change_text(change) == "−62.4 %"
    assert change_interval_text(change) == "(−66.1 to +0.4)"
    assert change_text(_estimate(3.812, unit="%")) == "+3.81 %"
    assert change_text(_estimate(0.0, unit="%")) == "0 %"


def test_the_sign_of_an_end_survives_rounding():
    assert change_interval_text(_estimate(105.0, 0.4, 250.0, unit="%")) == "(+0 to +250)"


def test_a_pair_names_its_unit_once():
    assert pair_text(_estimate(412.0), _estimate(155.0)) == "412 → 155 ms"


def test_a_pair_with_one_side_missing_says_which():
    assert pair_text(None, _estimate(155.0)) == "? → 155 ms"
    assert pair_text(_estimate(412.0), None) == "412 ms → ?"


def test_counts_are_given_in_full():
    assert count_text(1234567) == "1,234,567"
    assert counted(1, "round") == "1 round"
    assert counted(6, "round") == "6 rounds"
    assert counted(2, "entry", "entries") == "2 entries"
    assert sample_counts_text(1242, 0) == "1,242 / 0"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "unknown"),
        (44.6, "45 s"),
        (59.7, "1 min"),
        (170.4, "2 min 50 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_a_duration_is_said_as_people_do(seconds, expected):
    assert expected == duration_text(seconds)


def test_a_moment_is_shortened_and_nonsense_is_left_alone():
    assert moment_text("2026-11-23T12:00:00Z") == "2026-11-23 12:00 UTC"
    assert moment_text("yesterday") == "yesterday"


@pytest.mark.parametrize(
    ("share", "expected"), [(0.95, "95 %"), (0.9, "90 %"), (1.0, "100 %"), (0.9975, "99.75 %")]
)
def test_a_confidence_is_a_percentage(share, expected):
    assert expected == percentage_text(share)


def test_a_bare_number_has_no_idle_zeros():
    assert [number_text(value) for value in (6.0, 0.2, 0.30, 100.0, 1234.0)] == [
        "6",
        "0.2",
        "0.3",
        "100",
        "1,230",
    ]


def test_a_target_is_written_with_true_signs():
    assert target_text("change <= -60 %") == "change ≤ −60 %"
    assert target_text(">= 8 /s") == "≥ 8 /s"
