"""`kpibench run`: one experiment, from the plan to the verdict."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.campaign.analyze import analyze
from harness.campaign.execute import execute
from harness.campaign.resume import is_whole, read_plan, resume
from harness.cli.conclude import conclude
from harness.cli.live import live_page
from harness.cli.progress_display import ProgressDisplay
from harness.cli.worker_options import asked_workers, worker_command, worker_options
from harness.errors import ExitCode, MeasurementError, UsageError
from harness.gates.kpi_file import read_kpi_file
from harness.model.plan import Plan
from harness.model.verdict import Outcome
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.plan.plan_file import dump_plan
from harness.store.run_folder import RunFolder
from harness.store.run_lock import hold_run
from harness.target.cache_folder import require_free_disk

FREE_DISK_BYTES = 64 << 20
"""A run folder takes a few MB; the database's own needs are checked where it is started."""


@click.command()
@click.argument("experiment", required=False)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder to make.  [default: runs/<time>-<experiment>]"
)
@click.option("--seed", type=click.IntRange(min=0), help="Draws data, places, order and arrivals.")
@click.option(
    "--scale", type=click.FloatRange(min=0, min_open=True), help="Size of the data; 1 = 100,000 appointments."
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Arrivals a second.")
@click.option(
    "--rounds", type=click.IntRange(min=1, max=1000), help="Fresh starts of all variants; 6 decide at 95 %."
)
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="Fit rounds and couples to this time."
)
@click.option("--until-decided", is_flag=True, help="End as soon as every blocking KPI is decided.")
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="With --until-decided: end undecided then.",
)
@worker_options
@click.option("--kpis", help="KPI file to judge by.")
@click.option(
    "--database-url",
    envvar="KPIBENCH_DATABASE_URL",
    help="Use this PostgreSQL (15 or newer) in place of the embedded one.",
)
@click.option("--live", "is_live", is_flag=True, help="Serve a page that follows the run in a browser.")
@click.option(
    "--resume",
    "unfinished",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Finish the run of this folder, which was cut short.",
)
def run(
    experiment: str | None,
    out: Path | None,
    seed: int | None,
    scale: float | None,
    rate: float | None,
    rounds: int | None,
    minutes: float | None,
    until_decided: bool,
    max_minutes: float,
    workers: int | None,
    expect_workers: int | None,
    listen: str | None,
    kpis: str | None,
    database_url: str | None,
    unfinished: Path | None,
    is_live: bool,
) -> ExitCode:
    """Run EXPERIMENT (a built-in name or a .yaml file, `quick` if none is given) and judge it.

    \b
    Examples:
      kpibench run                        the quick experiment, three minutes
      kpibench run quick --scale 0.1      smaller data
      kpibench run my.yaml --out runs/x   an experiment of yours
      kpibench run --minutes 10           the same in ten minutes
      kpibench run --until-decided        looks after 8, 12, 18 and 24 rounds, and ends when it is sure
      kpibench run --workers 2            more load than one process can send
      kpibench run --resume runs/x        finish what was interrupted, killed or failed
    """  # noqa: D301
    if until_decided and (minutes or rounds):
        raise UsageError(
            "--until-decided has its own rounds and its own time.",
            hint="Give --max-minutes, and neither --minutes nor --rounds.",
        )
    overrides = Overrides(
        minutes=max_minutes if until_decided else minutes,
        is_until_decided=until_decided,
        seed=seed,
        scale=scale,
        rate=rate,
        rounds=rounds,
        kpis=kpis,
        workers=asked_workers(workers, expect_workers, listen),
    )
    if unfinished:
        if experiment or out or overrides != Overrides():
            raise UsageError(
                "--resume takes the experiment and all its values from the run.",
                hint=f"Give nothing but the folder: kpibench run --resume {unfinished}",
            )
        return finish(RunFolder.open(unfinished), database_url=database_url, is_live=is_live)
    document = read_experiment(find_experiment(experiment or "quick"))
    plan = plan_experiment(document, overrides)
    return measure(plan, document.text, out=out, database_url=database_url, is_live=is_live)


def measure(
    plan: Plan, experiment_text: str, *, out: Path | None, database_url: str | None, is_live: bool = False
) -> ExitCode:
    """Make the run folder, execute the plan, judge it and show the verdict."""
    kpi_file = read_kpi_file(Path(plan.kpi_file))
    folder = make_folder(out, plan)
    folder.write_text(folder.experiment_yaml, experiment_text)
    folder.write_text(folder.kpis_yaml, kpi_file.text)
    folder.write_text(folder.plan_json, dump_plan(plan))
    click.echo(f"{plan.title}: {_length(plan)}, run folder {folder.path}", err=True)
    with hold_run(folder), live_page(folder, is_wanted=is_live):
        return _carry_out(execute, plan, folder, database_url)


def _length(plan: Plan) -> str:
    parts = [f"{len(plan.rounds)} rounds"] if plan.rounds else []
    if plan.memory:
        parts.append(f"memory, {plan.memory.repeats} repeats of {plan.memory.requests:,} requests")
    return " and ".join(parts)


def finish(folder: RunFolder, *, database_url: str | None, is_live: bool = False) -> ExitCode:
    """Measure what a run still lacks, judge it and show the verdict."""
    with hold_run(folder):
        plan = read_plan(folder)
        if is_whole(plan, folder):
            click.echo(f"The run {folder.path} is finished: there is nothing left to measure.", err=True)
            return conclude(folder)
        click.echo(f"{plan.title}: going on in {folder.path}", err=True)
        with live_page(folder, is_wanted=is_live):
            return _carry_out(resume, plan, folder, database_url)


def _carry_out(
    measure_rest: Callable[..., None], plan: Plan, folder: RunFolder, database_url: str | None
) -> ExitCode:
    if command := worker_command(plan):
        click.echo(f"Run this on the worker hosts:\n  {command}", err=True)
    next_step = f"To finish the run: kpibench run --resume {folder.path}"
    try:
        with ProgressDisplay(plan, done=folder.finished_slices()) as display:
            measure_rest(
                plan,
                folder,
                database_url=database_url,
                progress=display,
                is_decided=lambda count: _is_decided(plan, folder, count, say=display.say),
            )
    except KeyboardInterrupt:
        click.echo(f"Interrupted: judging the rounds that are whole. {next_step}", err=True)
        conclude(folder)
        return ExitCode.INTERRUPTED
    except MeasurementError as error:
        raise MeasurementError(error.message, hint=f"{error.hint}\n{next_step}".lstrip()) from error
    return conclude(folder)


def _is_decided(plan: Plan, folder: RunFolder, round_count: int, *, say: Callable[[str], None]) -> bool:
    """Look at a run after so many rounds, and say what is known by then and when the next look is.

    What fails it for sure ends it, too; so does a measurement that is at fault: more of it would not help.
    """
    results = analyze(folder, look=round_count)
    outcome = Outcome(results["outcome"])
    is_open = outcome is Outcome.INCONCLUSIVE
    minutes = results["duration_s"] / 60 / round_count
    further = _further_looks(plan.looks, round_count, round_minutes=minutes) if is_open else ""
    say(f"After {round_count} rounds: {outcome.words}. {results['reason']}{further}")
    return not is_open


def _further_looks(looks: Sequence[int], round_count: int, *, round_minutes: float) -> str:
    later = [look for look in looks if look > round_count]
    if not later:
        return ""
    told = [f"{look} rounds, {round_minutes * (look - round_count):.0f} minutes from now" for look in later]
    last = f"; the last one after {told[-1]}" if len(told) > 1 else ""
    return f" The next look is after {told[0]}{last}."


def make_folder(out: Path | None, plan: Plan) -> RunFolder:
    """Make the run folder at `out`, or a new one below runs/, where the disk has room for it."""
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{plan.experiment}"
    path = out or Path("runs") / run_id
    require_free_disk(path.parent, FREE_DISK_BYTES)
    return RunFolder.create(path)
