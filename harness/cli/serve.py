"""`kpibench serve`: one variant of an experiment by itself, with its database, until Ctrl-C."""

import tempfile
from pathlib import Path

import click

from harness.errors import ExitCode, UsageError
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.target.database import clone, drop, prepare_template
from harness.target.postgres import open_postgres


@click.command()
@click.option(
    "--variant", "variant_id", required=True, help="`before`, `after` or another of the experiment's."
)
@click.option("--experiment", default="quick", show_default=True, help="Where the variant is defined.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--scale", type=click.FloatRange(min=0, min_open=True), help="Size of the data; 1 = 100,000 appointments."
)
@click.option(
    "--database-url", envvar="KPIBENCH_DATABASE_URL", help="Use this PostgreSQL in place of the embedded one."
)
def serve(
    variant_id: str, experiment: str, port: int, scale: float | None, database_url: str | None
) -> ExitCode:
    """Run one variant by itself, to look at it or to load it with Locust.

    The database is a fresh clone; it is dropped at the end.

    \b
    Example:
      kpibench serve --variant before
      locust -f scenarios/booking_day.py --host http://127.0.0.1:8080
    """  # noqa: D301
    plan = plan_experiment(read_experiment(find_experiment(experiment)), Overrides(scale=scale))
    by_id = {variant.id: variant for variant in plan.variants if variant.command}
    if variant_id not in by_id:
        raise UsageError(
            f"There is no variant {variant_id!r} in the experiment {plan.experiment!r}.",
            hint=f"It has: {', '.join(by_id)}.",
        )
    variant = by_id[variant_id]

    def say(text: str) -> None:
        click.echo(text, err=True)

    if variant.database is None:
        return _serve(variant, port=port, database_url="", say=say)
    with open_postgres(database_url=database_url, say=say) as postgres, tempfile.TemporaryDirectory() as logs:
        template = prepare_template(
            postgres, variant, scale=plan.scale, seed=plan.seed, say=say, log_path=Path(logs) / "load.log"
        )
        name = "kpibench_run_serve"
        url = clone(postgres, template, name)
        try:
            return _serve(variant, port=port, database_url=url, say=say)
        finally:
            drop(postgres, name)
