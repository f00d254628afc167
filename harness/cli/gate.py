"""`kpibench gate`: the verdict of a run as a sentence and an exit code, for CI."""

from pathlib import Path

import click

from harness.campaign.analyze import analyze
from harness.errors import ExitCode
from harness.gates.kpi_file import read_kpi_file
from harness.model.verdict import Outcome
from harness.store.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--kpis", type=click.Path(path_type=Path), help="Judge by this KPI file from now on.")
def gate(run: Path, kpis: Path | None) -> ExitCode:
    """Judge the stored samples of the run folder RUN; the exit code is the verdict."""
    folder = RunFolder.open(run)
    if kpis:
        folder.write_text(folder.kpis_yaml, read_kpi_file(kpis).text)
    results = analyze(folder)
    click.echo(f"{results['outcome']}: {results['reason']}")
    for kpi in results["kpis"]:
        kind = "" if kpi["blocking"] else " (advisory)"
        click.echo(f"  {kpi['id']}{kind} {kpi['outcome']}: {kpi['reason']}")
    return Outcome(results["outcome"]).exit_code
