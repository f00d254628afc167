"""The stub as a process: served until it is told to stop, or started beside the backend and ended with it.

Beside the backend, it is neither the backend's child nor bound to its cores, so that whoever measures the
backend's process tree measures the backend. Its standard input is a pipe from the backend: when that ends, by
`kill -9` too, so does the stub.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from aiohttp import web

from reference_app.externals.stub import Stub
from reference_app.failure import StartError
from reference_app.stopping import told_to_stop

_HOST = "127.0.0.1"


@contextlib.contextmanager
def stub_beside_us() -> Iterator[str]:
    """Start the stub on a free port and answer its URL; it ends with this block, or with this process.

    Raises:
        StartError: it could not be started.
    """
    command = [sys.executable, "-m", "reference_app", "externals", "--port", "0", "--beside"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("both are pipes")
        url = process.stdout.readline().decode().strip()
        if not url:
            raise StartError("The stub of the external services did not start; give --externals-url.")
        try:
            yield url
        finally:
            process.stdin.close()
            process.stdout.read()


def step_aside() -> None:
    """Leave the parent's process tree and its choice of cores, as another company's server would be."""
    if hasattr(os, "fork") and os.fork():
        os._exit(0)
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, range(os.cpu_count() or 1))


async def serve_stub(port: int, latency_ms: float, *, until_input_ends: bool) -> None:
    """Serve the stub, print its URL, and stop on SIGTERM, Ctrl-C or, if asked for, the end of the input.

    Raises:
        StartError: the port is taken.
    """
    runner = web.AppRunner(Stub(latency_ms).app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise StartError(f"Port {port} of {_HOST} cannot be used ({error.strerror}).") from error
        sys.stdout.write(f"http://{_HOST}:{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await told_to_stop(until_input_ends=until_input_ends).wait()
    finally:
        await runner.cleanup()
