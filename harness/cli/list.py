"""`kpibench list`: which experiments there are and which runs were made."""

import json
from pathlib import Path

import click

from harness.errors import ExitCode
from harness.model.verdict import Outcome
from harness.plan.experiment import built_in_experiments, find_experiment, read_experiment


@click.command(name="list")
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs are."
)
def list_(runs: Path) -> ExitCode:
    """List the built-in experiments with their variants, and the runs made so far."""
    click.echo("experiments")
    for name in built_in_experiments():
        content = read_experiment(find_experiment(name)).content
        variants = ", ".join(variant["id"] for variant in content["variants"])
        click.echo(f"  {name:<12} {content.get('title', '')} (variants: {variants})")
    click.echo(f"runs in {runs}")
    folders = sorted(path.parent for path in runs.glob("*/status.json"))
    for folder in folders:
        click.echo(f"  {folder.name:<32} {_verdict(folder)}")
    if not folders:
        click.echo("  none yet: kpibench run quick makes one")
    return ExitCode.PASSED


def _verdict(folder: Path) -> str:
    try:
        results = json.loads((folder / "results.json").read_text("utf-8"))
        return f"{Outcome(results['outcome']).words}: {results['reason']}"
    except (OSError, ValueError, KeyError):
        return "no results.json; `kpibench analyze` makes it from the samples"
