"""The terminal report: right at any width, with words and shapes, with colour or without."""
# ruff: noqa: RUF001  - the true minus sign is what people see, so it is what is tested

import io
import unicodedata

import pytest

from reports.results import parse_results
from reports.terminal import print_report

HOSTILE = ("</script><b>\x1b[2J", "GET /\u202etxt.exe", "GET /" + "x" * 10_000, 'GET /"quoted"\n')


def _printed(results, width):
    file = io.StringIO()
    print_report(results, file, width=width)
    return file.getvalue()


def _columns(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "invalid"])
@pytest.mark.parametrize("width", [80, 100, 128, 160])
def test_no_line_is_wider_than_the_terminal(build_document, outcome, width):
    printed = _printed(parse_results(build_document(outcome=outcome, endpoint_count=30)), width)

    assert max(map(_columns, printed.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100, 128, 160])
def test_no_number_is_cut_at_any_width(build_document, width):
    printed = _printed(parse_results(build_document(endpoint_count=30)), width)

    assert "412 → 152 ms" in printed or ("412 ms" in printed and "152 ms" in printed)
    assert "(−65.2 to −60.4)" in printed
    assert "1,242 / 1,242" in printed
    assert "948 → 386 ms" in printed


@pytest.mark.parametrize(
    ("outcome", "head"),
    [
        ("passed", "● PASSED"),
        ("failed", "▲ FAILED"),
        ("inconclusive", "◆ INCONCLUSIVE"),
        ("invalid", "✕ INVALID"),
    ],
)
def test_the_first_line_is_the_verdict_as_shape_and_word(build_document, outcome, head):
    assert _printed(parse_results(build_document(outcome=outcome)), 80).startswith(head)


def test_the_reason_is_given_for_each_kpi_that_has_not_passed(build_document):
    printed = _printed(parse_results(build_document(outcome="failed")), 160)

    assert "the whole interval misses change <= -60 %" in printed
    assert "not resolvable: 207 requests a round, p99 needs 500" in printed


def test_validity_problems_are_shown_only_where_there_are_any(build_document):
    assert "late-arrivals" in _printed(parse_results(build_document(outcome="invalid")), 80)
    assert "late-arrivals" not in _printed(parse_results(build_document()), 80)


def test_a_gap_is_always_named(build_document):
    document = build_document()
    document["gap"] = "Round 3 was interrupted for 40 s."

    assert "Gap in the measurement: Round 3" in _printed(parse_results(document), 80)


def test_what_got_worse_is_said_even_if_it_is_nothing(build_document):
    assert "Got worse: 3 values" in _printed(parse_results(build_document()), 80)
    assert "Got worse: nothing" in _printed(parse_results(build_document(endpoint_count=2)), 80)


def test_a_run_that_resolves_nothing_does_not_claim_that_nothing_got_worse(build_document):
    document = build_document(endpoint_count=1)
    for comparison in document["comparisons"]:
        comparison |= {
            "before": None,
            "after": None,
            "change": None,
            "reason": "1 round, an interval needs 6",
        }

    assert "Got worse: cannot be said" in _printed(parse_results(document), 80)


def test_hostile_names_neither_move_the_cursor_nor_break_the_table(build_document):
    printed = _printed(parse_results(build_document(endpoints=HOSTILE)), 80)

    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "</script><b>" in printed
    assert max(map(_columns, printed.splitlines())) <= 80


def test_a_run_without_kpis_comparisons_and_variants_still_has_a_verdict(build_document):
    document = build_document(endpoint_count=1)
    document |= {"kpis": [], "comparisons": [], "variants": [], "validity": [], "rounds": []}

    assert "no KPI was judged" in _printed(parse_results(document), 80)
