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
    reports("terminal", folder.path)


def write_report(folder: RunFolder, *options: str) -> int:
    """Write kpi.csv and the report and print their paths; return the exit code of the one that failed, or 0.

    Args:
        folder: the run.
        options: of `python -m reports html`.
    """
    codes = (reports("csv", folder.path), reports("html", folder.path, *options))
    return max(codes)


def write_ci_files(folder: RunFolder, *, is_announced: bool) -> None:
    """Write junit.xml and summary.md and print their paths; announced, GitHub shows them too."""
    reports("ci", folder.path, *(["--announce"] if is_announced else []))


def write_exports(folder: RunFolder, forms: Sequence[str]) -> None:
    """Write the forms of `reports.exports` that are asked for and print their paths."""
    reports("export", folder.path, *forms)


def reports(form: str, path: Path, *options: str) -> int:
    """Start the reporter as a process of its own: charts and tables stay out of the measuring process."""
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "reports", form, str(path), *options], check=False)
    if done.returncode not in {0, ExitCode.INTERRUPTED}:
        click.echo(f"kpibench: the {form} report failed; results.json in {path} is whole.", err=True)
    return done.returncode
