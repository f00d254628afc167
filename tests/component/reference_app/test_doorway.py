"""The door of a server that listens: who is let in, who waits, who is refused before aiohttp reads a byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.scalability.compartments import OWN_QUEUED, READS, Compartments
from reference_app.scalability.request_throttler import Entry, RequestThrottler
from reference_app.web.doorway import COMPARTMENTS, admitted_at_the_door, site_of

GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
DEADLINE_S = 60
"""For whatever must happen sooner or later on a machine of any speed."""


@dataclass(slots=True)
class Served:
    """A small application behind a door, all of whose places are taken until somebody gives one back."""

    port: int
    runner: web.AppRunner
    throttler: RequestThrottler
    clock: "Stopped"
    taken: list[Entry] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)

    def fill(self) -> None:
        while True:
            entry = self.throttler.enter(READS, 1e9, lambda: None)
            if entry.state != "running":
                self.throttler.abandon(entry)
                return
            self.taken.append(entry)

    def fill_queue(self) -> None:
        for _ in range(OWN_QUEUED - self.throttler.waiting_count):
            self.throttler.enter(READS, 1e9, lambda: None)

    def give_back(self) -> None:
        self.throttler.leave(self.taken.pop(), is_sample=False)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def until(self, is_done: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not is_done():  # noqa: ASYNC110 - it waits for what the other end does
                await asyncio.sleep(0.001)


class Stopped:
    """A clock that stands still: nobody loses patience."""

    def __call__(self) -> float:
        return 1000.0


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    clock = Stopped()
    compartments = Compartments(clock)
    handled: list[str] = []

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        entry = admitted_at_the_door(request)
        try:
            return await handler(request)
        finally:
            if entry is not None:
                compartments.of(entry.kind).leave(entry)

    async def echo(request: web.Request) -> web.Response:
        handled.append(request.path)
        return web.Response(body=await request.read() or request.path.encode())

    app = web.Application(middlewares=[let_in])
    app.router.add_route("*", "/{path:.*}", echo)
    app[COMPARTMENTS] = compartments
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await site_of(runner, "127.0.0.1", 0, None).start()
        yield Served(runner.addresses[0][1], runner, compartments.of(READS), clock, handled=handled)
    finally:
        await runner.cleanup()


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    async with asyncio.timeout(DEADLINE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return int(head.split()[1]), head, await reader.readexactly(length)


def run(work: Callable[[Served], Awaitable[Any]]) -> Any:
    async def serve() -> Any:
        async with serving() as there:
            return await work(there)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve())


def test_a_request_that_waits_is_not_read_until_it_is_started() -> None:
    async def work(there: Served) -> Any:
        there.fill()
        async with there.client() as (reader, writer):
            writer.write(b"POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            await there.until(lambda: there.throttler.waiting_count == 1)
            read = list(there.handled), there.runner.server.requests_count  # type: ignore[union-attr]
            there.give_back()
            status, _, body = await answer_of(reader)
            return read, status, body, there.throttler.running_count - len(there.taken)

    assert run(work) == (([], 0), 200, b"body", 0)


def test_a_refusal_reaches_nothing_behind_the_door_and_the_connection_can_be_used_again() -> None:
    async def work(there: Served) -> Any:
        there.fill()
        there.fill_queue()
        async with there.client() as (reader, writer):
            refusals = []
            for _ in range(3):
                writer.write(GET % b"much")
                refusals.append(await answer_of(reader))
            alive = GET % b"health/live"
            writer.write(alive)
            return refusals, await answer_of(reader), there.handled

    refusals, alive, handled = run(work)

    for status, head, body in refusals:
        assert (status, body) == (
            503,
            b'{"error":{"code":"overloaded","message":"Too much is asked at once; try again in a moment."}}',
        )
        assert b"\r\nRetry-After: " in head
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in head
    assert (alive[0], handled) == (200, ["/health/live"])


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
def test_what_is_sent_ahead_of_an_answer_is_answered_in_its_order(method: bytes) -> None:
    async def work(there: Served) -> Any:
        there.fill()
        async with there.client() as (reader, writer):
            writer.write(GET % b"first")
            await there.until(lambda: there.throttler.waiting_count == 1)
            writer.write((GET % b"second").replace(b"GET", method) + GET % b"third")
            there.fill_queue()
            async with asyncio.timeout(DEADLINE_S):
                received = await reader.readuntil(b"/third")
            return received, there.handled

    received, handled = run(work)

    assert handled == ["/first", "/second", "/third"]
    assert received.count(b"HTTP/1.1 200") == 3


def test_who_hangs_up_while_waiting_leaves_the_queue() -> None:
    async def work(there: Served) -> Any:
        there.fill()
        async with there.client() as (_, writer):
            writer.write(GET % b"gone")
            await there.until(lambda: there.throttler.waiting_count == 1)
        await there.until(lambda: there.throttler.waiting_count == 0)
        there.give_back()
        return there.throttler.running_count - len(there.taken), there.handled

    assert run(work) == (0, [])


def test_the_place_of_what_turns_out_to_be_no_request_is_free_again() -> None:
    async def work(there: Served) -> Any:
        async with there.client() as (reader, writer):
            writer.write(b"GET /bad HTTP/1.1\r\nHost: x\r\nNo Header: 1\r\n\r\n")
            status, _, _ = await answer_of(reader)
        await there.until(lambda: there.throttler.running_count == 0)
        return status, there.handled

    assert run(work) == (400, [])


def test_who_waits_when_the_server_stops_is_told_so() -> None:
    async def work(there: Served) -> Any:
        there.fill()
        async with there.client() as (reader, writer):
            writer.write(GET % b"late")
            await there.until(lambda: there.throttler.waiting_count == 1)
            stopping = asyncio.create_task(there.runner.cleanup())
            status, _, _ = await answer_of(reader)
            await stopping
        return status, there.throttler.waiting_count

    assert run(work) == (503, 0)


def test_requests_that_come_in_pieces_are_answered_as_ever() -> None:
    async def work(there: Served) -> Any:
        async with there.client() as (reader, writer):
            statuses = []
            for _ in range(2):
                for part in (b"POST /a HTTP/1.1\r\nHost: x\r\n", b"Content-Length: 4\r\n\r\nbo", b"dy"):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
                statuses.append((await answer_of(reader))[0])
        return statuses, there.throttler.running_count

    assert run(work) == ([200, 200], 0)
