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
