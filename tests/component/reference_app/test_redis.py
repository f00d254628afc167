"""Instances that are given a Redis share kept answers and rate limits; without it, each goes on alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from reference_app.failure import StartError
from reference_app.scalability.alerts import Alerts
from reference_app.settings import Settings
from reference_app.storage.redis_link import RedisLink
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, free_starts, running
from tests.component.reference_app.conftest import Clone
from tests.conftest import RedisServer

AFTER = build("after").components
DAY = "/api/v2/availability/slots?barber_id=1&service_id=1&date="
DEADLINE_S = 30


def with_two(
    clone: Clone, redis_url: str, work: Callable[[Backend, Backend], Awaitable[Any]], **options: Any
) -> Any:
    """Serve the same database by two instances that know the same Redis."""
    url = clone(AFTER.migrations)

    @asynccontextmanager
    async def instance() -> AsyncIterator[Backend]:
        async with running(AFTER, url, redis_url=redis_url, **options) as backend:
            yield backend

    async def serve() -> Any:
        async with instance() as one, instance() as other, asyncio.timeout(DEADLINE_S * 2):
            return await work(one, other)

    with asyncio.Runner(loop_factory=AFTER.event_loop) as runner:
        return runner.run(serve())


def came_from(answer: Any) -> str:
    """Tell whether an answer was a kept one."""
    return "hit" if "cache;desc=hit" in answer.headers["Server-Timing"] else "miss"


def test_an_answer_that_one_instance_kept_is_given_out_by_the_other(
    clone: Clone, redis_server: RedisServer
) -> None:
    async def work(one: Backend, other: Backend) -> Any:
        return [await backend.ask("GET", f"{DAY}2026-03-19") for backend in (one, other)]

    first, second = with_two(clone, redis_server.url, work)

    assert first == second
    assert (came_from(first), came_from(second)) == ("miss", "hit")
    assert second.statement_count == 0


def test_a_booking_by_one_instance_ends_the_answers_of_both(clone: Clone, redis_server: RedisServer) -> None:
    async def work(one: Backend, other: Backend) -> Any:
        service_id, (start,) = await free_starts(one, 1, 1)
        path = f"/api/v2/availability/slots?barber_id=1&service_id={service_id}&date={start[:10]}"
        kept = [await backend.ask("GET", path) for backend in (one, other)]
        body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
        booked = await one.ask("POST", "/api/v2/appointments", "client", body=body)
        assert booked.status == 201, booked
        return start, kept, [await backend.ask("GET", path) for backend in (other, one)]

    start, kept, fresh = with_two(clone, redis_server.url, work)

    assert all(start in answer.text for answer in kept)
    assert not any(start in answer.text for answer in fresh)


def test_an_allowance_is_one_for_all_instances_however_many_ask_at_once(
    clone: Clone, redis_server: RedisServer
) -> None:
    async def work(one: Backend, other: Backend) -> Any:
        asked = [backend.ask("GET", "/api/v2/locations", "client") for backend in [one, other] * 20]
        return Counter(answer.status for answer in await asyncio.gather(*asked))

    async def prepared(one: Backend, other: Backend) -> Any:
        other.tokens["client"] = await one.token("client")
        return await work(one, other)

    # 40 requests of one account, 20 to each instance.
    assert with_two(clone, redis_server.url, prepared, requests_per_minute=10)[429] >= 30 - 1


def test_without_redis_each_instance_has_an_allowance_of_its_own(clone: Clone) -> None:
    async def work(one: Backend, other: Backend) -> Any:
        other.tokens["client"] = await one.token("client")
        asked = [backend.ask("GET", "/api/v2/locations", "client") for backend in [one, other] * 20]
        return Counter(answer.status for answer in await asyncio.gather(*asked))

    assert with_two(clone, "", work, requests_per_minute=10)[200] >= 20


def test_instances_go_on_alone_while_redis_is_gone_and_share_again_when_it_is_back(
    clone: Clone, redis_server: RedisServer
) -> None:
    async def work(one: Backend, other: Backend) -> Any:
        service_id, (start,) = await free_starts(one, 1, 1)
        path = f"/api/v2/availability/slots?barber_id=1&service_id={service_id}&date={start[:10]}"
        assert start in (await other.ask("GET", path)).text
        redis_server.stop()
        alone = [await backend.ask("GET", path) for backend in (one, other, one, other)]
        body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
        booked = await one.ask("POST", "/api/v2/appointments", "client", body=body)
        changed = await one.ask("GET", path)
        redis_server.start()
        async with asyncio.timeout(DEADLINE_S):
            number = 0
            while True:
                number += 1
                fresh = f"{DAY}2026-03-20&attempt={number}"
                if (
                    came_from(await one.ask("GET", fresh)) + came_from(await other.ask("GET", fresh))
                    == "misshit"
                ):
                    break
        return start, alone, booked, changed, [await backend.ask("GET", path) for backend in (one, other)]

    start, alone, booked, changed, shared = with_two(clone, redis_server.url, work)

    assert [answer.status for answer in (*alone, booked, changed, *shared)] == [200] * 4 + [201] + [200] * 3
    assert all(start in answer.text for answer in alone)
    assert not any(start in answer.text for answer in (changed, *shared))


def test_an_instance_starts_while_redis_is_away(clone: Clone, redis_server: RedisServer) -> None:
    redis_server.stop()

    async def work(one: Backend, other: Backend) -> Any:
        return [(await backend.ask("GET", "/api/v2/locations")).status for backend in (one, other)]

    assert with_two(clone, redis_server.url, work) == [200, 200]


def test_a_url_that_is_none_of_redis_is_told_at_the_start() -> None:
    with pytest.raises(StartError, match="--redis-url is no Redis URL"):
        RedisLink(Settings(database_url="", port=1, redis_url="http://127.0.0.1"), Alerts())
