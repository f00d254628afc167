"""`uvloop`: the server runs on asyncio's loop without it, on libuv's with it, and stops when told on both."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from harness.target.child import free_port
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]


@pytest.mark.parametrize(("removed", "module"), [([], "uvloop"), (["uvloop"], "asyncio.unix_events")])
def test_requests_are_served_by_the_chosen_loop(removed: list[str], module: str, clone: Clone) -> None:
    chosen = build("after", removed=removed)

    async def work(backend: Backend) -> tuple[int, str]:
        answer = await backend.ask("GET", "/health/ready")
        return answer.status, type(asyncio.get_running_loop()).__module__

    assert serve_and(chosen.components, clone(chosen.components.migrations), work) == (200, module)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_on_it_stops_when_it_is_told(number: signal.Signals, clone: Clone) -> None:
    url = clone(build("after").components.migrations)
    command = [sys.executable, "-m", "reference_app", "serve", "--variant", "after", "--database-url", url]
    command += ["--port", str(free_port()), "--externals-url", "http://127.0.0.1:9"]

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert " serves " in server.stderr.readline()
        server.send_signal(number)

        assert (server.stderr.read(), server.wait(timeout=30)) == ("", 0)
