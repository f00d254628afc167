"""The balancer in front of real processes: what passes, who answers, and what happens when one dies."""

import asyncio
import io
import json
import os
import signal
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import uvloop

from tests.component.reference_app.balanced import DEADLINE_S, Balanced, balanced

GET = b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n"
CLOSE = b"Connection: close\r\n"
Work = Callable[[Balanced, aiohttp.ClientSession], Awaitable[Any]]


@pytest.fixture(scope="module")
def through() -> Iterator[Callable[[Work], Any]]:
    """Do some work through a balancer with three instances, which all tests here share."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        made = runner.run(stack.enter_async_context(balanced()))

        def do(work: Work) -> Any:
            async def with_session() -> Any:
                await made.until(lambda: made.states() == ["healthy"] * 3)
                connector = aiohttp.TCPConnector(limit=0)
                url = f"http://127.0.0.1:{made.port}"
                timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
                async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
                    return await work(made, session)

            return runner.run(with_session())

        yield do
        runner.run(stack.aclose())


async def ask(session: aiohttp.ClientSession, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    """Send one request; 0 is an answer that broke off."""
    try:
        async with session.request(method, path, **options) as answer:
            return answer.status, await answer.read()
    except aiohttp.ClientError:
        return 0, b""


@pytest.mark.parametrize("size", [1, 70_000, 5_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_of_any_size_comes_back_as_it_was(
    through: Callable[[Work], Any], size: int, is_chunked: bool
) -> None:
    body = os.urandom(size)

    async def parts() -> Any:
        for begin in range(0, size, 50_000):
            yield body[begin : begin + 50_000]

    async def work(_: Balanced, session: aiohttp.ClientSession) -> Any:
        data = parts() if is_chunked else io.BytesIO(body)
        return await ask(session, "POST", "/echo", data=data, expect100=is_chunked)

    assert through(work) == (200, body)


def test_answers_without_a_body_leave_the_connection_usable(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        head = b"HEAD /first HTTP/1.1\r\nHost: x\r\n\r\n"
        empty = [GET % (b"/second?status=%d" % status, b"") for status in (204, 304)]
        return await there.talk(head, *empty, GET % (b"/last", CLOSE))

    received = through(work)

    statuses = [line.split()[1] for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
    assert statuses == [b"200", b"204", b"304", b"200"]
    assert received.endswith(b"\r\n\r\n/last")
    assert received.count(b"/first") == 0


def test_requests_that_are_sent_ahead_are_answered_in_their_order(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        slow_first = [GET % (b"/%d?delay_s=%g" % (number, 0.1 - number / 200), b"") for number in range(20)]
        return await there.talk(b"".join(slow_first) + GET % (b"/last", CLOSE))

    received = through(work)

    bodies = [int(part.split(b"?")[0]) for part in received.split(b"\r\n\r\n/")[1:-1]]
    assert bodies == list(range(20))


def test_a_head_may_come_byte_by_byte_and_its_sender_may_close_its_side(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        request = b"POST /late?delay_s=0.05 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        return await there.talk(*(bytes([byte]) for byte in request), ends=True)

    assert through(work).endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (GET % (b"/", b"A: " + b"x" * 40_000 + b"\r\n"), 431),
        (b"POST /balancer/status HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(
    through: Callable[[Work], Any], request_: bytes, status: int
) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        return await there.talk(request_ + GET % (b"/smuggled", b""))

    received = through(work)

    head, body = received.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert set(json.loads(body)["error"]) == {"code", "message"}


def test_an_answer_that_comes_before_the_whole_request_reaches_its_sender(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        return await there.talk(b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\nabc")

    head, body = through(work).split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in head
    assert body == b"too much"


def test_a_client_that_does_not_read_holds_up_the_instance_and_nobody_else(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port, limit=2**16)
        writer.write(GET % (b"/chunks?count=1000", CLOSE))
        await reader.readexactly(100)
        others = [await ask(session, "GET", f"/{number}") for number in range(30)]
        buffered = sum(
            client._transport.get_write_buffer_size() for client in there.proxy._clients if client._transport
        )
        rest = len(await reader.read())
        writer.close()
        return others, buffered, rest

    others, buffered, rest = through(work)

    assert others == [(200, f"/{number}".encode()) for number in range(30)]
    assert buffered < 2**20
    assert rest > 1000 * 2**16


def test_a_client_that_breaks_off_takes_its_request_along(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        _, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(GET % (b"/?delay_s=30", b""))
        await there.until(lambda: _in_flight(there) == 1)
        at_once = struct.pack("ii", 1, 0)  # a plain end would be one that still waits for its answer
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        writer.close()
        await there.until(lambda: _in_flight(there) == 0)
        return await ask(session, "GET", "/next")

    assert through(work) == (200, b"/next")


def test_a_thousand_at_once_get_each_their_own_answer(through: Callable[[Work], Any]) -> None:
    async def work(_: Balanced, session: aiohttp.ClientSession) -> Any:
        bodies = [f"{number} {os.urandom(8).hex()}".encode() for number in range(1000)]
        answers = await asyncio.gather(*(ask(session, "POST", "/echo", data=body) for body in bodies))
        return [(200, body) for body in bodies], answers

    sent, received = through(work)

    assert received == sent


def test_an_instance_learns_where_a_request_came_from(through: Callable[[Work], Any]) -> None:
    async def work(_: Balanced, session: aiohttp.ClientSession) -> Any:
        async with session.get("/", headers={"X-Forwarded-For": "192.0.2.1"}) as answer:
            return answer.headers["X-Came-From"]

    assert through(work) == "192.0.2.1, 127.0.0.1"


def test_the_state_is_told_to_whoever_asks(through: Callable[[Work], Any]) -> None:
    async def work(_: Balanced, session: aiohttp.ClientSession) -> Any:
        return json.loads((await ask(session, "GET", "/balancer/status"))[1])

    told = through(work)

    assert [instance["id"] for instance in told["instances"]] == ["1", "2", "3"]
    assert {"id", "pid", "address", "state", "weight", "request_count", "error_count", "ewma_ms"} <= set(
        told["instances"][0]
    )


def test_after_kill_9_only_what_could_not_be_repeated_fails_and_the_instance_comes_back(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        answers: dict[str, Counter[int]] = {"GET": Counter(), "POST": Counter()}
        is_over = asyncio.Event()

        async def keep_asking(method: str) -> None:
            while not is_over.is_set():
                status, _ = await ask(session, method, "/?delay_s=0.005", data=b"x" * (method == "POST"))
                answers[method][status] += 1

        async def asked(count: int) -> None:
            goal = _total(answers) + count
            await there.until(lambda: _total(answers) >= goal)

        tasks = [asyncio.create_task(keep_asking(method)) for method in ("GET", "POST") for _ in range(8)]
        await asked(200)
        killed = there.pids()[0]
        os.kill(killed, signal.SIGKILL)
        await there.until(lambda: there.pids()[0] != killed and there.states()[0] == "healthy")
        failed_at_return = answers["POST"][502]
        before = there.status()["instances"][0]["request_count"]
        await asked(400)
        is_over.set()
        await asyncio.gather(*tasks)
        return answers, failed_at_return, there.status()["instances"][0]["request_count"] - before

    answers, failed_at_return, taken_after_return = through(work)

    assert set(answers["GET"]) == {200}
    assert set(answers["POST"]) <= {200, 502}
    assert answers["POST"][502] == failed_at_return <= 8, "at most those that were under way there"
    assert taken_after_return > 0


def test_what_would_break_every_instance_is_tried_on_two_alone(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        before = there.pids()
        answer = await ask(session, "GET", "/break")
        await there.until(lambda: sum(a != b for a, b in zip(before, there.pids(), strict=True)) == 2)
        return answer[0]

    assert through(work) == 502


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        before = there.pids()
        answer = await ask(session, "GET", "/break?begun=1")
        await there.until(lambda: before != there.pids())
        return answer

    assert through(work) == (0, b"")


def test_an_instance_that_is_stopped_gets_no_more_and_is_back_when_it_goes_on(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        stopped = there.pids()[1]
        os.kill(stopped, signal.SIGSTOP)
        try:
            await there.until(lambda: there.states()[1] == "unready")
            before = there.status()["instances"][1]["request_count"]
            answers = [await ask(session, "GET", f"/{number}") for number in range(50)]
            taken = there.status()["instances"][1]["request_count"] - before
        finally:
            os.kill(stopped, signal.SIGCONT)
        await there.until(lambda: there.states()[1] == "healthy")
        return Counter(status for status, _ in answers), taken

    assert through(work) == ({200: 50}, 0)


def test_an_instance_ten_times_as_slow_gets_far_less_than_its_share(
    through: Callable[[Work], Any],
) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        slow = there.status()["instances"][2]
        left = [f"/?delay_s=0.02&slow_pid={slow['pid']}"] * 1000

        async def keep_asking() -> None:
            while left:
                assert (await ask(session, "GET", left.pop()))[0] == 200

        await asyncio.gather(*(keep_asking() for _ in range(8)))
        return there.status()["instances"][2]["request_count"] - slow["request_count"]

    # A third would be its share; below a twentieth, as long as nothing else slows the others down, is shown
    # on a clock of its own (tests/unit/reference_app/scalability/test_load_balancer.py).
    assert through(work) < 100


@pytest.mark.parametrize(
    ("sent", "waits_s", "is_begun", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost:", 31, False, 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", 61, True, 408),
        (GET % (b"/?delay_s=90", b""), 61, True, 504),
    ],
)
def test_who_takes_too_long_is_given_up_and_its_caller_told(
    through: Callable[[Work], Any], sent: bytes, waits_s: float, is_begun: bool, status: int
) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        errors = sum(instance["error_count"] for instance in there.status()["instances"])
        talking = asyncio.create_task(there.talk(sent))
        await there.until(
            lambda: _in_flight(there) == is_begun and any(map(_has_begun, there.proxy._clients))
        )
        there.look_again_after(waits_s)
        received = await talking
        blamed = sum(instance["error_count"] for instance in there.status()["instances"]) - errors
        return received, blamed, _in_flight(there), await ask(session, "GET", "/next")

    received, blamed, in_flight, next_answer = through(work)

    head, body = received.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert set(json.loads(body)["error"]) == {"code", "message"}
    assert blamed == (status == 504), "a caller who is slow is no fault of the instance"
    assert (in_flight, next_answer) == (0, (200, b"/next"))


def test_an_answer_that_stands_still_half_way_is_broken_off(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        talking = asyncio.create_task(there.talk(GET % (b"/stuck", b"")))
        await there.until(lambda: any(_answer_of(client) is not None for client in there.proxy._clients))
        there.look_again_after(61)
        try:
            received = await talking
        except ConnectionResetError:
            received = b""
        return received, _in_flight(there)

    received, in_flight = through(work)

    assert b"Content-Length: 1000\r\n" in received or not received
    assert len(received) < 1000
    assert in_flight == 0


def test_a_connection_that_nobody_uses_is_closed(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, _: aiohttp.ClientSession) -> Any:
        talking = asyncio.create_task(there.talk())
        count = len(there.proxy._clients)
        await there.until(lambda: len(there.proxy._clients) > count)
        there.look_again_after(76)
        return await talking

    assert through(work) == b""


def test_all_are_replaced_one_by_one_and_nothing_is_lost(through: Callable[[Work], Any]) -> None:
    async def work(there: Balanced, session: aiohttp.ClientSession) -> Any:
        answers: Counter[int] = Counter()
        is_over = asyncio.Event()

        async def keep_asking() -> None:
            while not is_over.is_set():
                status, _ = await ask(session, "POST", "/?delay_s=0.02", data=b"x")
                answers[status] += 1

        before = set(there.pids())
        tasks = [asyncio.create_task(keep_asking()) for _ in range(8)]
        there.instances.roll()
        await there.until(lambda: not before & set(there.pids()) and there.states() == ["healthy"] * 3)
        is_over.set()
        await asyncio.gather(*tasks)
        return answers

    assert set(through(work)) == {200}


def test_with_nobody_left_the_answer_says_when_to_try_again() -> None:
    async def serve() -> Any:
        async with balanced((1.0,)) as there:
            os.kill(there.pids()[0], signal.SIGKILL)
            await there.until(lambda: there.states() == ["gone"])
            received = await there.talk(GET % (b"/", b""))
            await there.until(lambda: there.states() == ["healthy"])
            return received, await there.talk(GET % (b"/back", CLOSE))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        refused, answered = runner.run(serve())

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in refused
    assert answered.endswith(b"\r\n\r\n/back")


def _has_begun(client: Any) -> bool:
    return bool(client._received) or client.is_busy


def _answer_of(client: Any) -> Any:
    return None if client._exchange is None else client._exchange._answer


def _in_flight(there: Balanced) -> int:
    return sum(instance["in_flight_count"] for instance in there.status()["instances"])


def _total(answers: dict[str, Counter[int]]) -> int:
    return sum(counter.total() for counter in answers.values())
