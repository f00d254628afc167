"""report.html on paper: two pages for managers, and everything that a screen folds away."""

import functools
import re

import pytest

from reports.chromium import print_pdf
from tests.component.reports.pdf_text import page_texts

pytestmark = pytest.mark.browser


RUNS = {
    "quick": {"kpi_count": 11, "endpoint_count": 3},
    "failed": {"kpi_count": 11, "outcome": "failed", "endpoint_count": 6},
    "phases of ten variants": {"kpi_count": 11, "outcome": "failed", "phase_count": 8, "endpoint_count": 3},
}


@pytest.fixture(scope="module")
def printed(browser, written_report, tmp_path_factory):  # noqa: ARG001  - the browser fixture says whether there is one
    """Give the texts of the pages of a run's paper."""

    @functools.cache
    def printed(run):
        pdf = print_pdf(written_report(**RUNS[run]), tmp_path_factory.mktemp("pdf") / "report.pdf")
        return page_texts(pdf.read_bytes())

    return printed


def test_the_paper_holds_a_cell_that_a_screen_folds_away(printed):
    text = "".join(printed("failed"))

    assert "pointsofthecurves,evenlychosen" in text
    assert re.search(r"SELECTstarts_at,ends_atFROMappointmentsWHEREbarber_id=\$1", text)


@pytest.mark.parametrize(
    "run", [pytest.param("quick", marks=pytest.mark.long), "failed", "phases of ten variants"]
)
def test_the_part_for_managers_takes_two_pages_at_most(printed, run):
    starts = [text[:20] for text in printed(run)]

    assert next(place for place, text in enumerate(starts) if text.startswith("Howsurearewe?")) <= 2
    assert starts[0].startswith("Performancereport")
