"""`kpibench gate`: the verdict of a run as a sentence and an exit code, for CI."""

from collections.abc import Iterable
from pathlib import Path

import click

from harness.campaign.analyze import analyze
from harness.campaign.compare_runs import RunComparison, compare_runs, plan_of, tell_difference
from harness.cli.conclude import write_ci_files
from harness.errors import ExitCode, UsageError
from harness.gates.kpi_file import read_kpi_file
from harness.gates.no_slower import no_slower
from harness.model.verdict import Outcome
from harness.store.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--kpis",
    type=click.Path(path_type=Path),
    help="Judge by this KPI file from now on.  [default with --baseline: no slower, errors below 1 %]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="OTHER_RUN",
    help="Judge the after of RUN against the after of this run.",
)
@click.option(
    "--allow-different",
    "are_differences_allowed",
    is_flag=True,
    help="Compare two runs that were not measured alike; the differences are named.",
)
def gate(run: Path, kpis: Path | None, baseline: Path | None, *, are_differences_allowed: bool) -> ExitCode:
    """Judge the stored samples of the run folder RUN; the exit code is the verdict.

    With --baseline, two runs of different times are compared: weaker evidence than one run with both builds,
    because whatever else changed meanwhile is part of the difference. Nothing is stored then.
    """
    folder = RunFolder.open(run)
    if baseline:
        found = compare_runs(
            folder,
            RunFolder.open(baseline),
            read_kpi_file(kpis or no_slower(has_precision=plan_of(folder).precision is not None)),
            are_differences_allowed=are_differences_allowed,
        )
        _tell_comparison(found, baseline)
        return found.verdict.outcome.exit_code
    if are_differences_allowed:
        raise UsageError("--allow-different is about two runs.", hint="Give the other one: --baseline RUN")
    if kpis:
        folder.write_text(folder.kpis_yaml, read_kpi_file(kpis).text)
    results = analyze(folder)
    outcome = Outcome(results["outcome"])
    kpi_lines = [(kpi["id"], kpi["blocking"], kpi["outcome"], kpi["reason"]) for kpi in results["kpis"]]
    _tell(outcome, results["reason"], kpi_lines)
    write_ci_files(folder, is_announced=True)
    return outcome.exit_code


def _tell(outcome: Outcome, reason: str, kpis: Iterable[tuple[str, bool, str, str]]) -> None:
    click.echo(f"{outcome.words}: {reason}")
    for kpi_id, is_blocking, kpi_outcome, kpi_reason in kpis:
        kind = "" if is_blocking else " (advisory)"
        click.echo(f"  {kpi_id}{kind} {Outcome(kpi_outcome).words}: {kpi_reason}")


def _tell_comparison(found: RunComparison, baseline: Path) -> None:
    _tell(
        found.verdict.outcome,
        found.verdict.reason,
        [(kpi.kpi.id, kpi.kpi.is_blocking, kpi.verdict.outcome, kpi.verdict.reason) for kpi in found.kpis],
    )
    click.echo(
        f"Weaker evidence: the run and its baseline {baseline} were not interleaved, so the intervals are of"
        " unpaired rounds, and whatever changed between the two runs is part of the difference."
    )
    if found.differences:
        click.echo("Weaker still, they were not measured alike:")
        for difference in found.differences:
            click.echo(f"  {tell_difference(difference)}")
