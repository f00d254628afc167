"""`kpibench compare`: two servers that already run."""

from dataclasses import asdict
from pathlib import Path

import click
import yaml

from harness.cli.run import measure
from harness.cli.worker_options import asked_workers, worker_options
from harness.errors import ExitCode
from harness.plan.comparison import plan_comparison
from harness.plan.experiment import resolve_path

NO_SLOWER = Path(__file__).resolve().parents[1] / "gates" / "no_slower.yaml"


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
@worker_options
@click.option("--kpis", help="KPI file to judge by.  [default: no slower than before, errors below 1 %]")
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
    workers: int | None,
    expect_workers: int | None,
    listen: str | None,
    kpis: str | None,
    seed: int,
    out: Path | None,
) -> ExitCode:
    """Compare two HTTP servers that already run, in interleaved open-loop slices.

    They need no database of ours and no special header. What cannot be restarted keeps its process luck:
    the result holds for these two processes on this day.

    \b
    Example:
      kpibench compare --before http://127.0.0.1:8001 --after http://127.0.0.1:8002 \\
          --scenario load.py --rate 40 --minutes 5 --out runs/my-change
    """  # noqa: D301
    shared = asked_workers(workers, expect_workers, listen)
    plan = plan_comparison(
        before_url=before_url,
        after_url=after_url,
        locustfile=resolve_path(scenario, Path.cwd()),
        rate=rate,
        minutes=minutes,
        kpi_file=resolve_path(kpis, Path.cwd()) if kpis else NO_SLOWER,
        seed=seed,
        workers=shared,
    )
    asked = {
        "compare": {
            "before": before_url,
            "after": after_url,
            "scenario": scenario,
            "rate": rate,
            "minutes": minutes,
            "seed": seed,
            **({"workers": asdict(shared)} if shared else {}),
        }
    }
    return measure(plan, yaml.safe_dump(asked, sort_keys=False), out=out, database_url=None)
