"""`kpibench list`: which experiments there are and which runs were made."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness.errors import ExitCode
from harness.model.verdict import Outcome
from harness.plan.experiment import built_in_experiments, find_experiment, read_experiment

_MOST_NAMED = 4
"""From so many variants on a list of them says less than their number."""


@click.command(name="list")
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs are."
)
def list_(runs: Path) -> ExitCode:
    """List the built-in experiments with their variants, and the runs made so far."""
    click.echo("experiments")
    names = built_in_experiments()
    width = max(len(name) for name in names)
    for name in names:
        content = read_experiment(find_experiment(name)).content
        click.echo(f"  {name:<{width}}  {content.get('title', '')} ({_variants(content['variants'])})")
    click.echo(f"runs in {runs}")
    folders = sorted(path.parent for path in runs.glob("*/status.json"))
    width = max((len(folder.name) for folder in folders), default=0)
    for folder in folders:
        click.echo(f"  {folder.name:<{width}}  {_verdict(folder)}")
    if not folders:
        click.echo("  none yet: kpibench run quick makes one")
    return ExitCode.PASSED


def _variants(variants: Sequence[Mapping[str, Any]]) -> str:
    """Name the first and the last variant, and count those between them."""
    ids = [variant["id"] for variant in variants]
    if len(ids) < _MOST_NAMED:
        return ", ".join(ids)
    return f"{ids[0]} to {ids[-1]}, {len(ids)} variants"


def _verdict(folder: Path) -> str:
    try:
        results = json.loads((folder / "results.json").read_text("utf-8"))
        return f"{Outcome(results['outcome']).words}: {results['reason']}"
    except (OSError, ValueError, KeyError):
        return "no results.json; `kpibench analyze` makes it from the samples"
