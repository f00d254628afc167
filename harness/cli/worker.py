"""`kpibench worker`: share the load of a run on another host."""

from pathlib import Path

import click

from harness.cli.worker_options import split_address
from harness.drive.locust_worker import run_worker
from harness.errors import ExitCode
from harness.plan.experiment import resolve_path


@click.command()
@click.option(
    "--master",
    required=True,
    metavar="HOST:PORT",
    help="Where the run awaits its workers, as it says itself.",
)
@click.option(
    "--scenario", required=True, metavar="FILE.py", help="The same Locust file, with what it imports."
)
def worker(master: str, scenario: str) -> ExitCode:
    """Share the load of a run that was started with --expect-workers on another host.

    It waits up to five minutes for the run, works for all its rounds, and ends with it.

    \b
    Example:
      kpibench worker --master 10.0.0.1:5557 --scenario load.py
    """  # noqa: D301
    host, port = split_address(master)
    run_worker(resolve_path(scenario, Path.cwd()), host=host, port=port)
    click.echo("The run is over.", err=True)
    return ExitCode.PASSED
