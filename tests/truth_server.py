"""A server whose service time, stalls, errors and headers are known: is the harness right about it?

`python tests/truth_server.py [HOST]` prints its port and serves on 127.0.0.1 until its input ends.
Behaviour is set for each path with `PUT /_truth/behaviour` (a JSON object of path -> Behaviour fields; `*` is
every other path); `GET /_truth/log` returns every request seen, with CLOCK_MONOTONIC times of what the server
really did: on a busy machine it is late itself, and only the generator's error is the generator's.
"""

import asyncio
import contextlib
import json
import math
import selectors
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
    is_queue: bool = False
    """One worker serves in order of arrival; a stall is one more job in its queue."""
    service_ms: float = 0.0
    sigma: float = 0.5
    error_share: float = 0.0
    error_status: int = 500
    status: int = 200
    body: str = '{"ok": true}'
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent as they are; `Server-Timing` for one."""
    leak_bytes: int = 0
    """Kept for ever by each request."""
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request as the server saw it."""

    method: str
    path: str
    body: str
    arrived_ns: int
    service_ns: int
    """What was drawn."""
    due_ns: int
    """When the answer was due: by the drawn service, the queue in front of it, the stall."""
    answered_ns: int
    """When it was made: later than due by what the server's timer overslept. No client has it earlier."""
    gone_ns: int
    """When it was with the kernel: what a client sees later than that is not the server's doing."""
    status: int


class TruthServer:
    """Answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {"*": Behaviour()}
        self._random = {"*": Random(1)}
        self._seen: list[SeenRequest] = []
        self._free_ns: dict[str, int] = {}
        """When the worker of each queue has done what it has been asked."""
        self._stalls: list[tuple[int, int]] = []
        self._stalled_until_ns = 0
        self._stall_at: tuple[int, float] | None = None
        """Before which of the requests to come the next stall begins, and its length in seconds."""
        self._leaked: list[bytes] = []

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application()
        app.router.add_put("/_truth/behaviour", self._set_behaviour)
        app.router.add_post("/_truth/stall", self._stall)
        app.router.add_get("/_truth/log", self._log)
        app.router.add_get("/_truth/stalls", self._log_stalls)
        app.router.add_post("/_truth/reset", self._reset)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _set_behaviour(self, request: web.Request) -> web.Response:
        for path, fields in (await request.json()).items():
            self._behaviours[path] = Behaviour(**fields)
            self._random[path] = Random(self._behaviours[path].seed)
        return web.json_response({})

    async def _stall(self, request: web.Request) -> web.Response:
        """Hold every answer back for `for_s` seconds, from the arrival of the request `at_request` on.

        That is a place in the load, where a time from now would be one in how fast the machine is.
        """
        asked = await request.json()
        self._stall_at = (asked["at_request"], asked["for_s"])
        return web.json_response({})

    def _count_towards_stall(self) -> None:
        if self._stall_at is None:
            return
        rest, seconds = self._stall_at
        self._stall_at = (rest - 1, seconds) if rest > 1 else None
        if rest == 1:
            self._begin_stall(seconds)

    def _begin_stall(self, seconds: float) -> None:
        now_ns, length_ns = time.monotonic_ns(), round(seconds * 1e9)
        self._stalls.append((now_ns, length_ns))
        self._stalled_until_ns = now_ns + length_ns
        for path, behaviour in self._behaviours.items():
            if _is_queue(behaviour):
                self._serve_in_turn(path, now_ns, length_ns)

    def _serve_in_turn(self, path: str, arrived_ns: int, service_ns: int) -> int:
        """Return when the one worker is done: Lindley's recursion, free of the timers' own delays."""
        self._free_ns[path] = max(arrived_ns, self._free_ns.get(path, 0)) + service_ns
        return self._free_ns[path]

    async def _log(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(seen) for seen in self._seen])

    async def _log_stalls(self, _request: web.Request) -> web.Response:
        return web.json_response(self._stalls)

    async def _reset(self, _request: web.Request) -> web.Response:
        """Forget every behaviour, every request and the stall."""
        self._behaviours, self._random = {"*": Behaviour()}, {"*": Random(1)}
        self._seen = []  # what is still being answered belongs to the list that was there when it came
        self._stalls.clear()
        self._free_ns.clear()
        self._leaked.clear()
        self._stalled_until_ns, self._stall_at = 0, None
        return web.json_response({})

    async def _answer(self, request: web.Request) -> web.Response:
        self._count_towards_stall()
        arrived_ns = time.monotonic_ns()
        seen = self._seen
        path = request.path if request.path in self._behaviours else "*"
        behaviour, rng = self._behaviours[path], self._random[path]
        body = await request.text()
        service_ns = round(_service_s(behaviour, rng) * 1e9)
        is_error = rng.random() < behaviour.error_share
        if behaviour.leak_bytes:
            self._leaked.append(bytes(behaviour.leak_bytes))
        if _is_queue(behaviour):
            due_ns = self._serve_in_turn(path, arrived_ns, service_ns)
            await _sleep_until(due_ns)
        else:
            await _sleep_until(arrived_ns + service_ns)
            due_ns = max(arrived_ns + service_ns, self._stalled_until_ns)
            await _sleep_until(due_ns)
        status = behaviour.error_status if is_error else behaviour.status
        answer = web.Response(
            status=status, text=behaviour.body, content_type="application/json", headers=behaviour.headers
        )
        answered_ns = time.monotonic_ns()
        with contextlib.suppress(ConnectionError):  # nobody waits any more
            await answer.prepare(request)
            await answer.write_eof()
        seen.append(
            SeenRequest(
                method=request.method,
                path=request.path_qs,
                body=body,
                arrived_ns=arrived_ns,
                service_ns=service_ns,
                due_ns=due_ns,
                answered_ns=answered_ns,
                gone_ns=time.monotonic_ns(),
                status=status,
            )
        )
        return answer


def _is_queue(behaviour: Behaviour) -> bool:
    return behaviour.is_queue or behaviour.distribution == "exponential"


async def _sleep_until(moment_ns: int) -> None:
    rest_ns = moment_ns - time.monotonic_ns()
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

    def stall(self, *, at_request: int, for_s: float) -> None:
        """Hold every answer back for a while from the arrival of a request on, counted from 1 from now."""
        self._call("POST", "/_truth/stall", {"at_request": at_request, "for_s": for_s})

    def log(self) -> list[SeenRequest]:
        """Return what it was asked, in order of the answers."""
        return [SeenRequest(**entry) for entry in self._call("GET", "/_truth/log")]

    def stalls(self) -> list[tuple[int, int]]:
        """Return start and length of each stall that began."""
        return [(start_ns, length_ns) for start_ns, length_ns in self._call("GET", "/_truth/stalls")]

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


def _precise_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that waits in microseconds; epoll waits in whole milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_precise_loop) as runner:
        runner.run(_serve(*sys.argv[1:] or ["127.0.0.1"]))
