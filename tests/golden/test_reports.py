"""What people see of a run, whole."""

import io
import re

import pytest

from reports.html.page import render_page
from reports.html.sections import chosen_sections
from reports.terminal import print_report


@pytest.mark.parametrize("width", [80, 120, 160])
@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "invalid"])
def test_the_terminal_screen_is_as_it_was(build_results, assert_golden, outcome, width):
    screen = io.StringIO()
    print_report(build_results(outcome=outcome, endpoint_count=4), screen, width=width)

    assert_golden(f"reports/terminal-{outcome}-{width}.txt", screen.getvalue())


@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "invalid"])
def test_the_page_is_as_it_was(build_results, assert_golden, outcome):
    page = render_page(build_results(outcome=outcome, endpoint_count=2))

    assert_golden(f"reports/report-{outcome}.html", _without_drawings(page))


def test_what_an_ablation_adds_to_page_and_terminal_is_as_it_was(build_results, assert_golden):
    results = build_results(endpoint_count=1, ablated=("indexes", "pool"))
    page = render_page(results, chosen_sections(["verdict", "meaning", "ablation"]))
    screen = io.StringIO()
    print_report(results, screen, width=120)

    assert_golden("reports/report-ablation.html", _without_drawings(page))
    assert_golden("reports/terminal-ablation-120.txt", screen.getvalue())


def _without_drawings(page: str) -> str:
    """Leave out style sheet and curves: they have tests of their own, and change with each matplotlib."""
    page = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    return re.sub(r"(</desc>).*?(</svg>)", r"\1\2", page, flags=re.DOTALL)
