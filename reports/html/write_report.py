"""Write report.html next to the results."""

from pathlib import Path

from reports.html.page import render_page
from reports.results import Results
from reports.whole_file import write_whole

FILE_NAME = "report.html"


def write_report(results: Results, run_dir: Path) -> Path:
    """Write the page to `report.html` in the run folder and return its path.

    Raises:
        ReportError: the folder cannot be written.
    """
    return write_whole(run_dir / FILE_NAME, render_page(results).encode("utf-8"))
