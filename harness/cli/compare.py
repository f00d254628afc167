"""`kpibench compare`: two servers that already run."""

from dataclasses import asdict
from pathlib import Path

import click
import yaml

from harness.cli.run import measure
from harness.cli.worker_options import asked_workers, worker_options
from harness.errors import ExitCode
from harness.gates.no_slower import no_slower
from harness.plan.comparison import plan_comparison
from harness.plan.experiment import resolve_path


@click.command()
@click.option("--before", "before_url", required=True, metavar="URL", help="The server before the change.")
@click.option("--after", "after_url", required=True, metavar="URL", help="The server after the change.")
@click.option("--scenario", required=True, metavar="FILE.py", help="A Locust file; any will do.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    required=True,
    help="Arrivals a second on each server.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=5,
    show_default=True,
    help="For the whole run.",
)
@click.option(
    "--precision",
    "precision_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Of each round: every request to both servers back to back, nothing else under way; 0 for none."
    "  [default: a quarter of the round]",
)
@worker_options
@click.option(
    "--kpis",
    help="KPI file to judge by.  [default: no slower than before, by 7.5 % alone and 15 % under load;"
    " errors below 1 %]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Draws places, order and arrivals.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder to make.  [default: runs/<time>-compare]"
)
def compare(
    before_url: str,
    after_url: str,
    scenario: str,
    rate: float,
    minutes: float,
    precision_s: float | None,
    workers: int | None,
    expect_workers: int | None,
    listen: str | None,
    kpis: str | None,
    seed: int,
    out: Path | None,
) -> ExitCode:
    """Compare two HTTP servers that already run, one request at a time and in interleaved open-loop slices.

    They need no database of ours and no special header. What cannot be restarted keeps its process luck:
    the result holds for these two processes on this day. A quarter of the time goes to single requests,
    sent to both back to back: they show small changes that the noise under load hides.

    \b
    Example:
      kpibench compare --before http://127.0.0.1:8001 --after http://127.0.0.1:8002 \\
          --scenario load.py --rate 40 --minutes 5 --out runs/my-change
    """  # noqa: D301
    shared = asked_workers(workers, expect_workers, listen)
    has_precision = not shared and precision_s != 0
    plan = plan_comparison(
        before_url=before_url,
        after_url=after_url,
        locustfile=resolve_path(scenario, Path.cwd()),
        rate=rate,
        minutes=minutes,
        kpi_file=resolve_path(kpis, Path.cwd()) if kpis else no_slower(has_precision=has_precision),
        seed=seed,
        precision_s=precision_s,
        workers=shared,
    )
    asked = {
        "compare": {
            "before": before_url,
            "after": after_url,
            "scenario": scenario,
            "rate": rate,
            "minutes": minutes,
            **({} if precision_s is None else {"precision_seconds": precision_s}),
            "seed": seed,
            **({"workers": asdict(shared)} if shared else {}),
        }
    }
    return measure(plan, yaml.safe_dump(asked, sort_keys=False), out=out, database_url=None)
