"""report.html on paper: two pages for managers, and everything that a screen folds away."""

import re

import pytest

from reports.chromium import print_pdf
from tests.component.reports.pdf_text import page_texts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(browser, written_report, tmp_path_factory):  # noqa: ARG001  - the browser fixture says whether there is one
    pdf = print_pdf(written_report(outcome="failed"), tmp_path_factory.mktemp("pdf") / "report.pdf")
    return page_texts(pdf.read_bytes())


def test_the_paper_holds_a_cell_that_a_screen_folds_away(pages):
    text = "".join(pages)

    assert "pointsofthecurves,evenlychosen" in text
    assert re.search(r"SELECTstarts_at,ends_atFROMappointmentsWHEREbarber_id=\$1", text)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"kpi_count": 11, "endpoint_count": 3}, marks=pytest.mark.long),
        {"kpi_count": 11, "outcome": "failed", "endpoint_count": 6},
        {"kpi_count": 11, "outcome": "failed", "phase_count": 8, "endpoint_count": 3},
    ],
    ids=["quick", "failed", "phases of ten variants"],
)
@pytest.mark.usefixtures("browser")
def test_the_part_for_managers_takes_two_pages_at_most(written_report, tmp_path, options):
    pdf = print_pdf(written_report(**options), tmp_path / "report.pdf")
    starts = [text[:20] for text in page_texts(pdf.read_bytes())]

    assert next(place for place, text in enumerate(starts) if text.startswith("Howsurearewe?")) <= 2
    assert starts[0].startswith("Performancereport")
