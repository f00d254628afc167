"""`kpibench report`: render report.html again."""

from pathlib import Path

import click

from harness.cli.conclude import write_report
from harness.errors import ExitCode
from harness.store.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
def report(run: Path, *, is_opened: bool) -> ExitCode:
    """Render report.html of the run folder RUN from its results.json."""
    folder = RunFolder.open(run)
    write_report(folder)
    if is_opened:
        click.launch(str(folder.report_html))
    return ExitCode.PASSED
