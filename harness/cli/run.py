"""`kpibench run`: one experiment, from the plan to the verdict."""

from datetime import UTC, datetime
from pathlib import Path

import click

from harness.campaign.execute import execute
from harness.cli.conclude import conclude
from harness.cli.progress_display import ProgressDisplay
from harness.errors import ExitCode
from harness.gates.kpi_file import read_kpi_file
from harness.model.plan import Plan
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.plan.plan_file import dump_plan
from harness.store.run_folder import RunFolder
from harness.target.cache_folder import require_free_disk

FREE_DISK_BYTES = 64 << 20
"""A run folder takes a few MB; the database's own needs are checked where it is started."""


@click.command()
@click.argument("experiment", default="quick")
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
@click.option("--kpis", help="KPI file to judge by.")
@click.option(
    "--database-url",
    envvar="KPIBENCH_DATABASE_URL",
    help="Use this PostgreSQL (15 or newer) in place of the embedded one.",
)
def run(
    experiment: str,
    out: Path | None,
    seed: int | None,
    scale: float | None,
    rate: float | None,
    rounds: int | None,
    kpis: str | None,
    database_url: str | None,
) -> ExitCode:
    """Run EXPERIMENT (a built-in name or a .yaml file) and judge it.

    \b
    Examples:
      kpibench run                        the quick experiment, three minutes
      kpibench run quick --scale 0.1      smaller data
      kpibench run my.yaml --out runs/x   an experiment of yours
    """  # noqa: D301
    document = read_experiment(find_experiment(experiment))
    overrides = Overrides(seed=seed, scale=scale, rate=rate, rounds=rounds, kpis=kpis)
    plan = plan_experiment(document, overrides)
    return measure(plan, document.text, out=out, database_url=database_url)


def measure(plan: Plan, experiment_text: str, *, out: Path | None, database_url: str | None) -> ExitCode:
    """Make the run folder, execute the plan, judge it and show the verdict."""
    kpi_file = read_kpi_file(Path(plan.kpi_file))
    folder = _make_folder(out, plan)
    folder.write_text(folder.experiment_yaml, experiment_text)
    folder.write_text(folder.kpis_yaml, kpi_file.text)
    folder.write_text(folder.plan_json, dump_plan(plan))
    click.echo(f"{plan.title}: {len(plan.rounds)} rounds, run folder {folder.path}", err=True)
    try:
        with ProgressDisplay(plan) as display:
            execute(plan, folder, database_url=database_url, progress=display)
    except KeyboardInterrupt:
        click.echo("Interrupted: judging the rounds that are whole.", err=True)
        conclude(folder)
        return ExitCode.INTERRUPTED
    return conclude(folder)


def _make_folder(out: Path | None, plan: Plan) -> RunFolder:
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{plan.experiment}"
    path = out or Path("runs") / run_id
    require_free_disk(path.parent, FREE_DISK_BYTES)
    return RunFolder.create(path)
