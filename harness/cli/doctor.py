"""`kpibench doctor`: is this machine fit to measure?"""

import json
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from harness.campaign.diagnose import Diagnosis, diagnose
from harness.campaign.diagnosis_file import keep_diagnosis
from harness.cli.progress_display import ProgressDisplay
from harness.errors import ExitCode
from harness.gates.fitness import Finding, Fitness
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment

RUN_MINUTES = (3.0, 10.0, 30.0)
"""Run lengths for which the smallest change is told."""
_SHAPES = {Fitness.FIT: "● ok", Fitness.DOUBTFUL: "◆ doubtful", Fitness.UNFIT: "✕ NOT OK"}
_STYLES = {Fitness.FIT: "blue", Fitness.DOUBTFUL: "yellow", Fitness.UNFIT: "bold red"}


@click.command()
@click.option("--experiment", help="Also measure the noise floor of this experiment: a name or a .yaml file.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=3,
    show_default=True,
    help="With --experiment: how long its first variant is compared with itself.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--database-url",
    envvar="KPIBENCH_DATABASE_URL",
    help="Use this PostgreSQL (15 or newer) in place of the embedded one.",
)
def doctor(experiment: str | None, minutes: float, as_json: bool, database_url: str | None) -> ExitCode:
    """Check this machine as a measuring instrument; half a minute, and --minutes more with --experiment.

    The load generator drives a server that does nothing: its ceiling and what it adds to every answer. The
    machine is watched: timer, stolen time, other load, clock rate, swap, disk. With --experiment the first
    variant is compared with itself, and from the width of that interval follows the smallest change that runs
    of several lengths can see: h sqrt(M/N) 1.65, with h the half-width after M minutes, N the minutes of the
    run; 1.65 for nine of ten runs. It assumes that the noise stays as it is today.

    The findings are kept in the cache folder, and every later run copies them into its environment.json.

    \b
    Exit code: 0 fit, 3 doubtful, 4 unfit, 2 it could not be looked at.
    """  # noqa: D301
    plan = None
    if experiment:
        plan = plan_experiment(read_experiment(find_experiment(experiment)), Overrides())
    diagnosis = diagnose(
        plan,
        minutes=minutes,
        runs_folder=Path("runs"),
        database_url=database_url,
        progress=ProgressDisplay,
        say=lambda text: click.echo(text, err=True),
    )
    content = diagnosis.as_json(RUN_MINUTES)
    keep_diagnosis(content)
    if as_json:
        click.echo(json.dumps(content, indent=1, ensure_ascii=False))
    else:
        show(diagnosis, Console(highlight=False))
    return diagnosis.fitness.exit_code


def show(diagnosis: Diagnosis, console: Console) -> None:
    """Print one line a check, then the smallest changes, then the verdict."""
    table = _table("", "Check", "Value", "Limit")
    table.columns[1].justify = "left"
    for finding in diagnosis.findings:
        sign = "≤" if finding.is_upper_limit else "≥"
        table.add_row(
            _SHAPES[finding.state],
            _titled(finding),
            _number(finding.value, finding.unit),
            f"{sign} {_number(finding.limit, finding.unit)}",
            style=_STYLES[finding.state] if finding.state is not Fitness.FIT else "",
        )
    console.print(table)
    if diagnosis.floors:
        console.print(_smallest_changes(diagnosis))
    console.print(
        f"{_SHAPES[diagnosis.fitness].split()[0]} This machine is {diagnosis.fitness.value} to measure.",
        style=_STYLES[diagnosis.fitness],
    )


def _titled(finding: Finding) -> str:
    return f"{finding.title}\n{finding.advice}" if finding.advice else finding.title


def _smallest_changes(diagnosis: Diagnosis) -> Table:
    lengths = [f"{length:g} min" for length in RUN_MINUTES]
    table = _table(f"Smallest change that {diagnosis.experiment} sees in 9 of 10 runs", *lengths)
    for floor in diagnosis.floors:
        changes = [f"{floor.smallest_change(length):.2g} %" for length in RUN_MINUTES]
        table.add_row(floor.title, *changes)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _number(value: float, unit: str) -> str:
    return f"{value:,.3g} {unit}" if abs(value) < 1000 else f"{value:,.0f} {unit}"
