"""After the last slice: analyse, write the report, show the verdict."""

import subprocess
import sys
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
    return Outcome(results["outcome"]).exit_code


def show(folder: RunFolder) -> None:
    """Print the results as tables in the terminal."""
    _reports("terminal", folder.path)


def write_report(folder: RunFolder) -> None:
    """Write kpi.csv and report.html and print their paths."""
    for form in ("csv", "html"):
        _reports(form, folder.path)


def _reports(form: str, path: Path) -> None:
    """Start the reporter as a process of its own: charts and tables stay out of the measuring process."""
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "reports", form, str(path)], check=False)
    if done.returncode:
        click.echo(f"kpibench: the {form} report failed; results.json in {path} is whole.", err=True)
