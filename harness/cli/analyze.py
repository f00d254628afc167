"""`kpibench analyze`: compute results.json again from the stored samples."""

from pathlib import Path

import click

from harness.campaign.analyze import analyze as analyze_folder
from harness.cli.conclude import show
from harness.errors import ExitCode
from harness.store.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def analyze(run: Path) -> ExitCode:
    """Compute results.json of the run folder RUN again and show it; nothing is measured."""
    folder = RunFolder.open(run)
    analyze_folder(folder)
    show(folder)
    return ExitCode.PASSED
