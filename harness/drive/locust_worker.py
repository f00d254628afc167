"""A worker for a master on another host: a fresh Locust process for each round, until the run is over."""

import contextlib
import subprocess
from pathlib import Path

from harness.drive.generator_process import generator_command, generator_environment
from harness.errors import MeasurementError, UsageError

_AGAIN = 75
"""Exit code of a worker whose master said that another round follows."""
_NO_MASTER = 255
"""Locust's own exit code when it gave up connecting, which it tries for five minutes."""


def run_worker(locustfile: Path, *, host: str, port: int) -> None:
    """Work for the masters that come, one a round, at `host:port` until one says that it was the last.

    Raises:
        UsageError: no master came.
        MeasurementError: the worker died, or its master did.
    """
    while (code := _run_once(locustfile, host=host, port=port)) == _AGAIN:
        pass
    if code == _NO_MASTER:
        raise UsageError(
            f"No master came at {host}:{port} within five minutes.",
            hint="Start `kpibench run --expect-workers N` there, and see that its port can be reached.",
        )
    if code:
        raise MeasurementError(f"The worker ended with exit code {code}; its last lines above tell why.")


def _run_once(locustfile: Path, *, host: str, port: int) -> int:
    options = ("--worker", "--master-host", host, "--master-port", str(port))
    process = subprocess.Popen(
        generator_command(locustfile, *options),
        env=generator_environment(KPIBENCH_WORKER=""),
        stdin=subprocess.DEVNULL,
    )
    try:
        return process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
