"""Instances: the processes behind the balancer, started, asked whether they are ready, and started again."""

import asyncio
import contextlib
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reference_app.balancer.proxy import HttpProxy
from reference_app.failure import StartError

HOST = "127.0.0.1"
READY_PATH = "/health/ready"
CHECK_S = 1.0
"""Between two health checks of an instance that is ready."""
START_CHECK_S = 0.05
"""Of one that is not."""
CHECK_TIMEOUT_S = 1.0
DRAIN_S = 30.0
"""For the requests that an instance has when it is to end."""
END_S = 10.0
"""For the instance itself, once it is told to."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
"""Before an instance that was never ready is started again; each time twice as long."""

Command = Callable[[int], Sequence[str]]
"""The command that starts an instance on a port."""


@dataclass(slots=True)
class _Place:
    """Where one process after the other serves as the same instance."""

    id: str
    process: Process | None = None
    was_ready: bool = False
    start_count: int = 0
    is_awaited: bool = False
    """It was told to end."""


class Instances:
    """Keeps as many instances running as there are weights."""

    def __init__(
        self,
        proxy: HttpProxy,
        command: Command,
        weights: Sequence[float],
        stop: asyncio.Event,
        say: Callable[[str], None],
    ) -> None:
        self._proxy = proxy
        self._command = command
        self._stop = stop
        self._say = say
        self._places = [_Place(str(number)) for number in range(1, len(weights) + 1)]
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._rolling: asyncio.Task[None] | None = None
        for place, weight in zip(self._places, weights, strict=True):
            proxy.balancer.add(place.id, weight)

    async def start(self) -> None:
        """Start all and wait until each is ready, or until we are told to stop.

        Raises:
            StartError: one ended before it was ready; it has said why.
        """
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep_running(place)) for place in self._places]
        while not self._stop.is_set() and not all(place.was_ready for place in self._places):
            await self._pause(START_CHECK_S)
            if self._failed.done():
                self._failed.result()

    def roll(self) -> None:
        """Begin to replace one process after the other by a new one; no request is lost on the way."""
        if self._rolling is None or self._rolling.done():
            self._rolling = asyncio.get_running_loop().create_task(self._roll())

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(self._end(place.process) for place in self._places if place.process))
        tasks = [*self._tasks, *([self._rolling] if self._rolling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _roll(self) -> None:
        for place in self._places:
            before = place.start_count
            await self._retire(place)
            while not self._stop.is_set() and not (place.was_ready and place.start_count > before):
                await self._pause(START_CHECK_S)

    async def _keep_running(self, place: _Place) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            await self._run_once(place)
            if self._stop.is_set():
                return
            if place.was_ready:
                pause_s = FIRST_PAUSE_S
                continue
            if place.start_count == 1:
                self._tell_failure(place)
                return
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _run_once(self, place: _Place) -> None:
        """Run a process from its start to its end."""
        port = _free_port()
        # Its standard input ends with us, by `kill -9` too, and so does it.
        process = await asyncio.create_subprocess_exec(*self._command(port), stdin=PIPE)
        place.process = process
        place.start_count += 1
        place.was_ready = place.is_awaited = False
        self._proxy.connections.begin(place.id, HOST, port)
        self._proxy.processes[place.id] = {
            "pid": process.pid,
            "address": f"{HOST}:{port}",
            "start_count": place.start_count,
        }
        checks = asyncio.get_running_loop().create_task(self._check(place, port))
        try:
            code = await process.wait()
        finally:
            checks.cancel()
            self._proxy.balancer.gone(place.id)
            self._proxy.connections.end(place.id)
        if place.was_ready and not place.is_awaited and not self._stop.is_set():
            self._say(f"instance {place.id}, process {process.pid}, {_ended(code)}; it is started again")

    def _tell_failure(self, place: _Place) -> None:
        if not self._failed.done():
            self._failed.set_exception(StartError(f"Instance {place.id} ended before it was ready."))

    async def _check(self, place: _Place, port: int) -> None:
        while not self._stop.is_set():
            is_ready = await _is_ready(port)
            self._proxy.balancer.checked(place.id, is_ready=is_ready)
            place.was_ready = place.was_ready or is_ready
            await self._pause(CHECK_S if place.was_ready else START_CHECK_S)

    async def _retire(self, place: _Place) -> None:
        """Give it nothing new, let it finish what it has, and end it."""
        process = place.process
        if process is None or process.returncode is not None:
            return
        self._proxy.balancer.drain(place.id)
        self._proxy.connections.end(place.id)
        place.is_awaited = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while self._has_work(place, process):
                    await self._pause(START_CHECK_S)
        await self._end(process)

    def _has_work(self, place: _Place, process: Process) -> bool:
        is_there = process.returncode is None and not self._stop.is_set()
        return is_there and self._proxy.balancer.in_flight_count(place.id) > 0

    async def _end(self, process: Process) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_S)

    async def _pause(self, duration_s: float) -> None:
        """Let time pass, but not beyond the moment when we are told to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), duration_s)


async def _is_ready(port: int) -> bool:
    """Ask an instance whether it can serve."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(
                    f"GET {READY_PATH} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode()
                )
                return (await reader.readline()).startswith(b"HTTP/1.1 2")
            finally:
                writer.close()
    except (OSError, ValueError):
        return False


def _ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _free_port() -> int:
    """Find a port on which nobody listens now; if somebody is quicker, the instance is started again."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
