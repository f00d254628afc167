"""`kpibench capacity`: the highest rate that each variant holds."""

from dataclasses import replace
from pathlib import Path

import click
import yaml

from harness.campaign.capacity import CapacityRequest, measure_capacity
from harness.cli.capacity_display import CapacityDisplay
from harness.cli.conclude import conclude
from harness.cli.run import make_folder
from harness.errors import ExitCode, UsageError
from harness.model.plan import Plan
from harness.plan.capacity import plan_capacity, plan_capacity_of_urls
from harness.plan.experiment import Overrides, find_experiment, read_experiment, resolve_path
from harness.plan.plan_file import dump_plan
from harness.plan.slo import parse_slo

DEFAULT_SLO = "p95 <= 400 ms and errors < 0.1 %"
DEFAULT_START_RATE = 10.0
"""Arrivals a second, where no experiment gives another."""


@click.command()
@click.argument("experiment", required=False)
@click.option("--slo", "slo_text", default=DEFAULT_SLO, show_default=True, help="What must hold at a rate.")
@click.option("--before", "before_url", metavar="URL", help="In place of EXPERIMENT: the server before.")
@click.option("--after", "after_url", metavar="URL", help="The server after the change.")
@click.option("--scenario", metavar="FILE.py", help="With two URLs: a Locust file; any will do.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=6,
    show_default=True,
    help="For the whole search; a last step may take some seconds longer.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1, max=100),
    default=3,
    show_default=True,
    help="Fresh starts; fewer than 3 give no interval.",
)
@click.option(
    "--start-rate",
    type=click.FloatRange(min=0.125, max=16384),
    help="First rate to try, arrivals a second.  [default: the experiment's; 10 for URLs]",
)
@click.option("--scale", type=click.FloatRange(min=0, min_open=True), help="Size of the data.")
@click.option("--seed", type=click.IntRange(min=0), help="Draws order, arrivals and resamples.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder to make.  [default: runs/<time>-capacity]"
)
@click.option(
    "--database-url",
    envvar="KPIBENCH_DATABASE_URL",
    help="Use this PostgreSQL (15 or newer) in place of the embedded one.",
)
def capacity(
    experiment: str | None,
    slo_text: str,
    before_url: str | None,
    after_url: str | None,
    scenario: str | None,
    minutes: float,
    rounds: int,
    start_rate: float | None,
    scale: float | None,
    seed: int | None,
    out: Path | None,
    database_url: str | None,
) -> ExitCode:
    """Search the highest rate at which an SLO holds, for each variant of EXPERIMENT or for two URLs.

    Each rate is a few seconds of open-loop load. A step passes or fails by the exact binomial interval of
    the SLO's quantile; a step in which the generator was too slow never counts against the server. The
    variants take turns in an order drawn by coin, in several rounds on fresh servers.

    \b
    Exit code: 0 after holds at least what before holds, 99 it holds less, 3 cannot be said,
    4 nothing was measured, 130 interrupted (what was measured is shown).

    \b
    Examples:
      kpibench capacity quick --slo "p95 <= 400 ms and errors < 0.1 %"
      kpibench capacity --before http://127.0.0.1:8001 --after http://127.0.0.1:8002 \\
          --scenario load.py --slo "p95 <= 200 ms" --minutes 5
    """  # noqa: D301
    request = CapacityRequest(
        slo=parse_slo(slo_text), minutes=minutes, start_rate=start_rate or DEFAULT_START_RATE
    )
    if before_url or after_url or scenario:
        if experiment or not (before_url and after_url and scenario):
            raise UsageError(
                "Two running servers need --before, --after and --scenario, and no EXPERIMENT.",
                hint="kpibench capacity --help shows an example of each.",
            )
        plan = plan_capacity_of_urls(
            before_url=before_url,
            after_url=after_url,
            locustfile=resolve_path(scenario, Path.cwd()),
            rate=request.start_rate,
            rounds=rounds,
            seed=1 if seed is None else seed,
        )
        text = yaml.safe_dump(
            {"capacity": {"before": before_url, "after": after_url, "scenario": scenario}}, sort_keys=False
        )
    else:
        document = read_experiment(find_experiment(experiment or "quick"))
        overrides = Overrides(seed=seed, scale=scale)
        plan = plan_capacity(document, overrides, rounds=rounds)
        text = document.text
        request = replace(request, start_rate=start_rate or plan.scenario.rate or DEFAULT_START_RATE)
    return _measure(plan, request, text, out=out, database_url=database_url)


def _measure(
    plan: Plan, request: CapacityRequest, experiment_text: str, *, out: Path | None, database_url: str | None
) -> ExitCode:
    folder = make_folder(out, plan)
    folder.write_text(folder.experiment_yaml, experiment_text)
    folder.write_text(folder.plan_json, dump_plan(plan))
    folder.write_json(
        folder.capacity_json,
        {"slo": request.slo.text, "minutes": request.minutes, "start_rate": request.start_rate},
    )
    click.echo(
        f"{plan.title}: {request.slo.text}; {len(plan.rounds)} rounds in about {request.minutes:g} minutes, "
        f"run folder {folder.path}",
        err=True,
    )
    try:
        with CapacityDisplay(plan, request.minutes) as display:
            measure_capacity(plan, request, folder, database_url=database_url, progress=display)
    except KeyboardInterrupt:
        click.echo("Interrupted: showing what was measured until then.", err=True)
        conclude(folder)
        return ExitCode.INTERRUPTED
    return conclude(folder)
