"""`kpibench serve`: one variant of an experiment by itself, with its database, until Ctrl-C."""

import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from harness.errors import ExitCode, MeasurementError, UsageError
from harness.model.variant import Variant
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.target.child import start_child, stop_group
from harness.target.command import cannot_start, fill
from harness.target.database import CLONE_PREFIX, clone, drop, prepare_template, remove_leftovers
from harness.target.postgres import open_postgres

STOP_GRACE_S = 5.0


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
    _require_free(port)

    def say(text: str) -> None:
        click.echo(text, err=True)

    if variant.database is None:
        return _serve(variant, port=port, database_url="", say=say)
    with open_postgres(database_url=database_url, say=say) as postgres, tempfile.TemporaryDirectory() as logs:
        remove_leftovers(postgres, say=say)
        template = prepare_template(
            postgres, variant, scale=plan.scale, seed=plan.seed, say=say, log_path=Path(logs) / "load.log"
        )
        name = f"{CLONE_PREFIX}serve"
        url = clone(postgres, template, name)
        try:
            return _serve(variant, port=port, database_url=url, say=say)
        finally:
            drop(postgres, name)


def _serve(variant: Variant, *, port: int, database_url: str, say: Callable[[str], None]) -> ExitCode:
    """Run the variant's command until it ends or the user presses Ctrl-C."""
    values = {"python": sys.executable, "variant": variant.id, "port": port, "database_url": database_url}
    command = fill(variant.command, values)
    try:
        process = start_child(command, death_signal=signal.SIGKILL, output=sys.stderr.fileno())
    except OSError as error:
        raise cannot_start(command, error) from None
    say(f"{variant.title}: http://127.0.0.1:{port} (Ctrl-C stops it)")
    try:
        code = process.wait()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    finally:
        stop_group(process, grace_s=STOP_GRACE_S)
    raise MeasurementError(f"The server of {variant.id!r} ended by itself with exit code {code}.")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used: {error.strerror}.", hint="Give another one: --port 8081"
            ) from None
