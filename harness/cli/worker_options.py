"""The options `--workers`, `--expect-workers` and `--listen`: who shares the load."""

import shlex
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from harness.errors import UsageError
from harness.model.plan import Plan, Workers

ANY_HOST = "0.0.0.0"  # noqa: S104  - workers on other hosts are to reach it
PORT = 5557
"""Locust's own for a master."""
MOST_WORKERS = 256


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    count = click.IntRange(min=1, max=MOST_WORKERS)
    for option in (
        click.option(
            "--listen",
            metavar="HOST:PORT",
            help=f"Where workers on other hosts find this one.  [default: {ANY_HOST}:{PORT}]",
        ),
        click.option("--expect-workers", type=count, help="Worker processes on other hosts to wait for."),
        click.option("--workers", type=count, help="Worker processes on this machine that share the load."),
    ):
        command = option(command)
    return command


def asked_workers(workers: int | None, expect_workers: int | None, listen: str | None) -> Workers | None:
    """Return what the options ask for; None leaves it as the experiment says.

    Raises:
        UsageError: they contradict each other, or the address is none.
    """
    if workers and expect_workers:
        raise UsageError(
            "--workers and --expect-workers exclude each other.",
            hint="Workers on this machine can join a run as well: kpibench worker.",
        )
    if listen and not expect_workers:
        raise UsageError("--listen is for workers on other hosts.", hint="Give --expect-workers N, too.")
    if expect_workers:
        host, port = split_address(listen or f"{ANY_HOST}:{PORT}")
        return Workers(count=expect_workers, listen=f"{host}:{port}")
    return Workers(count=workers) if workers else None


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`; without a port it is Locust's own.

    Raises:
        UsageError: it is none.
    """
    host, colon, port = address.rpartition(":")
    if not colon:
        host, port = address, str(PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UsageError(f"{address!r} is no address.", hint=f"Give HOST:PORT, 10.0.0.1:{PORT} for one.")
    return host, int(port)


def worker_command(plan: Plan) -> str:
    """Return what each worker host must run, empty where none is awaited."""
    workers = plan.scenario.workers
    if workers is None or workers.are_local:
        return ""
    host, port = workers.address
    if host == ANY_HOST:
        host = _own_address(plan)
    scenario = Path(plan.scenario.locustfile)
    if scenario.is_relative_to(Path.cwd()):
        scenario = scenario.relative_to(Path.cwd())
    return shlex.join(["kpibench", "worker", "--master", f"{host}:{port}", "--scenario", str(scenario)])


def _own_address(plan: Plan) -> str:
    """Return the address of this host on the way to the first target: workers must reach that, too."""
    target = next((urlsplit(variant.url).hostname for variant in plan.variants if variant.url), None)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # connecting sends nothing
            way.connect((target or socket.gethostname(), PORT))
            address: str = way.getsockname()[0]
            return address
    except OSError:
        return socket.gethostname()
