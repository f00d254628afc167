"""After the last slice: analyse, write the report, show the verdict."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from harness.campaign.analyze import analyze
from harness.errors import ExitCode
from harness.model.verdict import Outcome
from harness.store.run_folder import RunFolder


def conclude(folder: RunFolder) -> ExitCode:
    """Judge what is stored, show it, and return the exit code of the verdict."""
    results = analyze(folder)
    show(folder)
    write_report(folder)
    write_ci_files(folder, is_announced=True)
    return Outcome(results["outcome"]).exit_code


def show(folder: RunFolder) -> None:
    """Print the results as tables in the terminal."""
    _reports("terminal", folder.path)


def write_report(folder: RunFolder) -> None:
    """Write kpi.csv and report.html and print their paths."""
    for form in ("csv", "html"):
        _reports(form, folder.path)


def write_ci_files(folder: RunFolder, *, is_announced: bool) -> None:
    """Write junit.xml and summary.md and print their paths; announced, GitHub shows them too."""
    _reports("ci", folder.path, *(["--announce"] if is_announced else []))


def write_exports(folder: RunFolder, forms: Sequence[str]) -> None:
    """Write the forms of `reports.exports` that are asked for and print their paths."""
    _reports("export", folder.path, *forms)


def _reports(form: str, path: Path, *options: str) -> None:
    """Start the reporter as a process of its own: charts and tables stay out of the measuring process."""
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "reports", form, str(path), *options], check=False)
    if done.returncode:
        click.echo(f"kpibench: the {form} report failed; results.json in {path} is whole.", err=True)
