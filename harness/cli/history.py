"""`kpibench history`: a KPI over all stored runs, and where it changed for good."""

from collections.abc import Sequence
from pathlib import Path

import click

from harness.campaign.history import History, PastKpi, read_histories
from harness.errors import ExitCode, NoDataError, UsageError
from harness.model.verdict import Outcome

_BARS = "▁▂▃▄▅▆▇█"


@click.command()
@click.argument("kpi", required=False)
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs are."
)
@click.option("--experiment", help="Only runs of this experiment.")
def history(kpi: str | None, runs: Path, experiment: str | None) -> ExitCode:
    """Show KPI (all of them if none is given) of `after` over all stored runs, oldest first.

    Runs of different times are no experiment: a step may come from the machine as well as from the build.
    Where a run was not measured like the one before it, that is told.

    \b
    Examples:
      kpibench history                                a line for each KPI
      kpibench history response-time                  its runs, one by one, and its steps
    """  # noqa: D301
    found = [one for one in read_histories(runs) if experiment in {None, one.experiment}]
    if not found:
        raise NoDataError(f"There is no run with results in {runs}.", hint="kpibench run quick makes one.")
    chosen = [one for one in found if kpi in {None, one.kpi_id}]
    if not chosen:
        known = ", ".join(dict.fromkeys(one.kpi_id for one in found))
        raise UsageError(f"No run in {runs} has a KPI {kpi!r}.", hint=f"There are: {known}.")
    for one in chosen:
        click.echo(_line(one))
        if kpi:
            _tell_runs(one)
        _tell_steps(one)
    return ExitCode.PASSED


def _line(one: History) -> str:
    values = [run.value for run in one.runs if run.counts and run.value is not None]
    last = next((run for run in reversed(one.runs) if run.counts), None)
    told = f"  {sparkline(values)}  last {_level(last)}" if last else "  no number yet"
    return f"{one.experiment} {one.kpi_id}: {one.title}, {_counted(len(one.runs), 'run')}{told}"


def _tell_runs(one: History) -> None:
    width = max(len(run.run_id) for run in one.runs)
    for run in one.runs:
        level = _level(run) if run.value is not None else "not measured"
        click.echo(f"  {run.run_id:<{width}}  {Outcome(run.outcome).words:<12}  {level}")
        if run.changed:
            click.echo(f"  {'':<{width}}  not measured like the run above: {_few(run.changed)}")


def _tell_steps(one: History) -> None:
    # ruptures brings scipy, which takes half a second to import; no other command needs it.
    from harness.stats.change_points import LEAST_RUNS, change_points  # noqa: PLC0415

    runs = [run for run in one.runs if run.counts]
    if len(runs) < LEAST_RUNS:
        more = LEAST_RUNS - len(runs)
        click.echo(
            f"  {_counted(len(runs), 'valid run')} with a number: a step needs {LEAST_RUNS}, {more} more."
        )
        return
    values = [run.value for run in runs if run.value is not None]
    bounds = [0, *change_points(values), len(values)]
    if len(bounds) == 2:
        click.echo(f"  no step in {len(runs)} runs")
    for start, at, end in zip(bounds, bounds[1:], bounds[2:], strict=False):
        then, now = _median(values[start:at]), _median(values[at:end])
        change = f", {100 * (now / then - 1):+.3g} %" if then else ""
        unit = runs[at].unit.replace("count", "")
        click.echo(f"  step at {runs[at].run_id}: {then:.3g} to {now:.3g} {unit}".rstrip() + change)


def sparkline(values: Sequence[float]) -> str:
    """Draw values as bars of one line, from the lowest to the highest; equal values are all low."""
    if not values:
        return ""
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def _level(run: PastKpi) -> str:
    unit = "" if run.unit == "count" else f" {run.unit}"
    if run.low == run.high:
        return f"{run.value:.3g}{unit}"
    return f"{run.value:.3g}{unit} ({run.low:.3g} to {run.high:.3g})"


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _few(what: Sequence[str]) -> str:
    more = f" and {len(what) - 4} more" if len(what) > 4 else ""
    return ", ".join(what[:4]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
