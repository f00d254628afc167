"""A server whose service time, stalls, errors and headers are known: is the harness right about it?

`python tests/truth_server.py [HOST]` prints its port and serves on 127.0.0.1 until its input ends.
Behaviour is set for each path with `PUT /_truth/behaviour` (a JSON object of path -> Behaviour fields; `*` is
every other path); `GET /_truth/log` returns every request seen, with CLOCK_MONOTONIC times to compare.
"""

import asyncio
import contextlib
import json
import math
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one path behaves."""

    distribution: str = "constant"
    """`constant`, `lognormal` (median `service_ms`, `sigma`) or `exponential` (mean, and one worker)."""
    service_ms: float = 0.0
    sigma: float = 0.5
    error_share: float = 0.0
    error_status: int = 500
    status: int = 200
    body: str = '{"ok": true}'
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent as they are; `Server-Timing` for one."""
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request as the server saw it."""

    method: str
    path: str
    body: str
    arrived_ns: int
    answered_ns: int
    status: int


class TruthServer:
    """Answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {"*": Behaviour()}
        self._random = {"*": Random(1)}
        self._seen: list[SeenRequest] = []
        self._worker = asyncio.Lock()
        self._stalled_until_ns = 0

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application()
        app.router.add_put("/_truth/behaviour", self._set_behaviour)
        app.router.add_post("/_truth/stall", self._stall)
        app.router.add_get("/_truth/log", self._log)
        app.router.add_post("/_truth/reset", self._reset)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _set_behaviour(self, request: web.Request) -> web.Response:
        for path, fields in (await request.json()).items():
            self._behaviours[path] = Behaviour(**fields)
            self._random[path] = Random(self._behaviours[path].seed)
        return web.json_response({})

    async def _stall(self, request: web.Request) -> web.Response:
        """Hold every answer back from `in_s` seconds from now on, for `for_s` seconds."""
        asked = await request.json()
        asyncio.get_running_loop().call_later(asked["in_s"], self._begin_stall, asked["for_s"])
        return web.json_response({})

    def _begin_stall(self, seconds: float) -> None:
        self._stalled_until_ns = time.monotonic_ns() + round(seconds * 1e9)

    async def _log(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(seen) for seen in self._seen])

    async def _reset(self, _request: web.Request) -> web.Response:
        """Forget every behaviour, every request and the stall."""
        self._behaviours, self._random = {"*": Behaviour()}, {"*": Random(1)}
        self._seen.clear()
        self._stalled_until_ns = 0
        return web.json_response({})

    async def _answer(self, request: web.Request) -> web.Response:
        arrived_ns = time.monotonic_ns()
        path = request.path if request.path in self._behaviours else "*"
        behaviour, rng = self._behaviours[path], self._random[path]
        body = await request.text()
        service_s = _service_s(behaviour, rng)
        is_error = rng.random() < behaviour.error_share
        if behaviour.distribution == "exponential":
            async with self._worker:
                await asyncio.sleep(service_s)
        elif service_s:
            await asyncio.sleep(service_s)
        await self._wait_for_end_of_stall()
        status = behaviour.error_status if is_error else behaviour.status
        self._seen.append(
            SeenRequest(
                method=request.method,
                path=request.path_qs,
                body=body,
                arrived_ns=arrived_ns,
                answered_ns=time.monotonic_ns(),
                status=status,
            )
        )
        return web.Response(
            status=status, text=behaviour.body, content_type="application/json", headers=behaviour.headers
        )

    async def _wait_for_end_of_stall(self) -> None:
        rest_ns = self._stalled_until_ns - time.monotonic_ns()
        if rest_ns > 0:
            await asyncio.sleep(rest_ns / 1e9)


def _service_s(behaviour: Behaviour, rng: Random) -> float:
    mean_s = behaviour.service_ms / 1e3
    if behaviour.distribution == "constant":
        return mean_s
    if behaviour.distribution == "exponential":
        return rng.expovariate(1 / mean_s)
    return rng.lognormvariate(math.log(mean_s), behaviour.sigma)


@dataclass(frozen=True, slots=True)
class TruthClient:
    """Talks to a running truth server from a test."""

    url: str
    pid: int

    def set(self, path: str, behaviour: Behaviour) -> None:
        """Set how a path behaves; `*` is every path that is not set."""
        self._call("PUT", "/_truth/behaviour", {path: asdict(behaviour)})

    def stall(self, *, in_s: float, for_s: float) -> None:
        """Hold every answer back for a while."""
        self._call("POST", "/_truth/stall", {"in_s": in_s, "for_s": for_s})

    def log(self) -> list[SeenRequest]:
        """Return what it was asked, in order of the answers."""
        return [SeenRequest(**entry) for entry in self._call("GET", "/_truth/log")]

    def reset(self) -> None:
        """Make it as it was when it started."""
        self._call("POST", "/_truth/reset")

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.url + path, body, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def truth_server(host: str = "127.0.0.1") -> Iterator[TruthClient]:
    """Run a truth server as a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), host]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield TruthClient(f"http://{host}:{port}", process.pid)
        finally:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


async def _serve(host: str) -> None:
    listener = socket.create_server((host, 0), backlog=1024)
    # aiohttp sets TCP_NODELAY on every connection; without it an answer can wait 40 ms for an ACK
    runner = web.AppRunner(TruthServer().app(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, shutdown_timeout=0.1).start()
    print(listener.getsockname()[1], flush=True)  # noqa: T201  - the parent waits for it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:] or ["127.0.0.1"]))
