"""Write the report next to the results: report.html, the folder report/ and the data files."""

from pathlib import Path

from reports.data_files import describe_files, write_data_files
from reports.errors import ReportError
from reports.html.layout import SINGLE_FILE, STRICT_FOLDER, style_sheet
from reports.html.page import lay_out, render_bodies
from reports.html.section import Section
from reports.html.sections import SECTIONS
from reports.html.theme import NO_THEME, Theme
from reports.results import Results
from reports.whole_file import write_whole

FILE_NAME = "report.html"
FOLDER_NAME = "report"


def write_report(
    results: Results,
    run_dir: Path,
    *,
    sections: tuple[Section, ...] = SECTIONS,
    theme: Theme = NO_THEME,
) -> Path:
    """Write both layouts and `data/*.csv` into the run folder and return the path of `report.html`.

    Raises:
        ReportError: the folder cannot be written.
    """
    write_data_files(results, run_dir)
    files = describe_files(run_dir)
    folder = run_dir / FOLDER_NAME
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ReportError(f"{folder} cannot be made: {error.strerror}.") from error
    bodies = render_bodies(results, sections, files=files)
    strict = lay_out(results, bodies, layout=STRICT_FOLDER, theme=theme)
    write_whole(folder / "index.html", strict.encode("utf-8"))
    write_whole(folder / "report.css", (style_sheet() + theme.style).encode("utf-8"))
    if theme.logo:
        write_whole(folder / theme.logo_file, theme.logo)
    single = lay_out(results, bodies, layout=SINGLE_FILE, theme=theme)
    return write_whole(run_dir / FILE_NAME, single.encode("utf-8"))
