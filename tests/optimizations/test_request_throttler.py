"""`request_throttler`: without it all that comes is begun, with it as much as there is room for."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from reference_app.components import Components
from reference_app.scalability.compartments import (
    ANALYTICS,
    BOOKINGS,
    OTHERS,
    OTHERS_LIMIT,
    READS,
    Compartments,
    class_of,
)
from reference_app.variants import build
from reference_app.web.doorway import DEADLINE_HEADER
from tests.component.reference_app.backends import Answer, Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
Work = Callable[[Backend], Awaitable[Any]]
BEFORE_IT = build("after", removed=["request_throttler"]).components
WITH_IT = build("after").components
LIMIT = 20
"""Where Gradient2 begins."""


class Gate:
    """Routes beside the real ones, whose requests stay until the gate is opened; behind all real layers."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.inside_count = 0
        self.most_inside = 0
        self.changed = asyncio.Condition()

    def added_to(self, components: Components) -> Components:
        paths = ("/api/v2/held", "/api/v2/analytics/held", "/api/v2/payments/held")
        routes = [web.get(paths[0], self._held), *(web.post(path, self._held) for path in paths)]
        routes.append(web.get(paths[1], self._held))
        return replace(components, mounts=lambda home: [*components.mounts(home), *routes])

    async def _held(self, request: web.Request) -> web.Response:
        await self._count(1)
        await self.opened.wait()
        await self._count(-1)
        return web.json_response({"payload": request.query.get("payload", "")})

    async def _count(self, change: int) -> None:
        async with self.changed:
            self.inside_count += change
            self.most_inside = max(self.most_inside, self.inside_count)
            self.changed.notify_all()

    async def filled(self, count: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.inside_count >= count)


def served(components: Components, clone: Clone, work: Callable[[Backend, Gate], Awaitable[Any]]) -> Any:
    gate = Gate()
    url = clone(components.migrations)
    return serve_and(
        gate.added_to(components),
        url,
        lambda backend: work(backend, gate),
        anonymous_requests_per_minute=10**9,
        requests_per_minute=10**9,
    )


async def state(backend: Backend) -> Mapping[str, Any]:
    told: Mapping[str, Any] = (await backend.ask("GET", "/api/v2/monitoring/performance")).body
    return told["scalability"]["throttler"]


def test_without_it_all_requests_are_begun_at_once_with_it_the_others_are_told_to_come_back(
    clone: Clone,
) -> None:
    async def all_begun(backend: Backend, gate: Gate) -> set[int]:
        asked = [asyncio.create_task(backend.ask("GET", "/api/v2/held")) for _ in range(60)]
        await gate.filled(60)
        gate.opened.set()
        return {(await task).status for task in asked}

    async def some_begun(backend: Backend, gate: Gate) -> tuple[list[Answer], list[int]]:
        waiting = {asyncio.create_task(backend.ask("GET", "/api/v2/held")) for _ in range(60)}
        refused: set[asyncio.Task[Answer]] = set()
        while len(refused) < 60 - LIMIT:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            refused |= done
        gate.opened.set()
        return [await task for task in refused], [(await task).status for task in waiting]

    assert served(BEFORE_IT, clone, all_begun) == {200}
    refused, statuses = served(WITH_IT, clone, some_begun)
    assert statuses == [200] * LIMIT
    for answer in refused:
        assert (answer.status, answer.body["error"]["code"]) == (503, "overloaded")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_health_and_monitoring_are_answered_and_bookings_started_while_analytics_fill_their_half(
    clone: Clone,
) -> None:
    async def work(backend: Backend, gate: Gate) -> Any:
        asked = [asyncio.create_task(backend.ask("GET", "/api/v2/analytics/held")) for _ in range(40)]
        await gate.filled(LIMIT // 2)
        asked += [asyncio.create_task(backend.ask("POST", "/api/v2/held", body={})) for _ in range(4)]
        await gate.filled(LIMIT // 2 + 4)
        alive = await backend.ask("GET", "/health/live")
        shown = (await state(backend))["own"]["classes"]
        gate.opened.set()
        statuses = [(await task).status for task in asked]
        return alive.status, shown["analytics"]["running_count"], shown["bookings"]["running_count"], statuses

    alive, analytics, bookings, statuses = served(WITH_IT, clone, work)

    assert (alive, analytics, bookings) == (200, LIMIT // 2, 4)
    assert statuses[-4:] == [200] * 4


def test_payments_that_hang_take_no_place_of_anybody_else(clone: Clone) -> None:
    async def work(backend: Backend, gate: Gate) -> Any:
        path = "/api/v2/payments/held"
        hanging = [asyncio.create_task(backend.ask("POST", path, body={})) for _ in range(OTHERS_LIMIT)]
        await gate.filled(OTHERS_LIMIT)
        status = (await backend.ask("GET", "/api/v2/locations")).status
        shown = await state(backend)
        gate.opened.set()
        return status, shown["own"]["running_count"], {(await task).status for task in hanging}

    assert served(WITH_IT, clone, work) == (200, 0, {200})


def test_a_request_whose_caller_has_no_time_left_is_not_begun(clone: Clone) -> None:
    async def work(backend: Backend, gate: Gate) -> Any:
        gate.opened.set()
        answers = [
            (await backend.ask("GET", "/api/v2/held", headers={DEADLINE_HEADER: told})).status
            for told in ("0", "5000", "soon", "-1", "٣", "9" * 30)
        ]
        return answers, (await state(backend))["own"]["classes"]["reads"]["refused"]

    answers, refused = served(WITH_IT, clone, work)

    assert answers == [503, 200, 200, 200, 200, 200]
    assert refused == {"late": 1}


def test_what_is_read_is_given_up_at_the_deadline_and_what_changes_something_is_finished(
    clone: Clone,
) -> None:
    async def work(backend: Backend, gate: Gate) -> Any:
        soon = {DEADLINE_HEADER: "1000"}
        booking = asyncio.create_task(backend.ask("POST", "/api/v2/held", body={}, headers=soon))
        await gate.filled(1)
        read = await backend.ask("GET", "/api/v2/held", headers=soon)
        gate.opened.set()
        return read, (await booking).status, (await state(backend))["own"]["running_count"]

    read, booked, running_count = served(WITH_IT, clone, work)

    assert (read.status, read.body["error"]["code"]) == (503, "deadline_passed")
    assert int(read.headers["Retry-After"]) >= 1
    assert (booked, running_count) == (200, 0)


def test_callers_who_hang_up_leave_no_hole(clone: Clone) -> None:
    async def work(backend: Backend, gate: Gate) -> Any:
        asked = [asyncio.create_task(backend.ask("GET", "/api/v2/held")) for _ in range(LIMIT + 10)]
        await gate.filled(LIMIT)
        for task in asked[LIMIT:]:
            task.cancel()
        await asyncio.gather(*asked[LIMIT:], return_exceptions=True)
        gate.opened.set()
        statuses = [(await task).status for task in asked[:LIMIT]]
        after = [(await backend.ask("GET", "/api/v2/held")).status for _ in range(5)]
        return statuses, after, await state(backend)

    statuses, after, shown = served(WITH_IT, clone, work)

    assert set(statuses) <= {200, 503}
    assert after == [200] * 5
    assert (shown["own"]["running_count"], shown["own"]["waiting_count"]) == (0, 0)


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_no_caller_ever_gets_anothers_answer(count: int, clone: Clone) -> None:
    async def work(backend: Backend, gate: Gate) -> Counter[str]:
        gate.opened.set()
        chances = random.Random(5)
        numbers = iter(range(count))
        seen: Counter[str] = Counter()

        async def caller() -> None:
            for number in numbers:
                method, path = chances.choice(
                    (("GET", "/api/v2/held"), ("GET", "/api/v2/analytics/held"), ("POST", "/api/v2/held"))
                )
                payload = f"{number}-{chances.random()}"
                asked = f"{path}?payload={payload}"
                while (answer := await backend.ask(method, asked, body={"payload": payload})).status == 503:
                    seen["refused"] += 1
                    await asyncio.sleep(0.01)  # as Retry-After says, a hundred times as fast
                seen["own" if answer.body == {"payload": payload} else "another's"] += 1

        await asyncio.gather(*(caller() for _ in range(100)))
        return seen

    seen = served(WITH_IT, clone, work)

    assert seen["own"] == count
    assert seen["another's"] == 0
    assert seen["refused"] > 0


def test_each_endpoint_has_a_class_by_what_it_is_worth() -> None:
    classes = {
        ("POST", "/appointments"): BOOKINGS,
        ("POST", "/auth/login"): BOOKINGS,
        ("GET", "/availability/slots"): READS,
        ("GET", "/payments/{id}"): READS,
        ("GET", "/analytics/revenue"): ANALYTICS,
        ("GET", "/payments/commissions"): ANALYTICS,
        ("POST", "/payments"): OTHERS,
        ("POST", "/payments/{id}/refund"): OTHERS,
        ("POST", "/appointments/{id}/calendar"): OTHERS,
        ("GET", "/health/ready"): None,
        ("GET", "/monitoring/performance"): None,
        ("POST", "/monitoring/memory/cleanup"): None,
        ("GET", "/metrics"): None,
        ("GET", ""): READS,
    }

    assert {asked: class_of(*asked) for asked in classes} == classes


def test_at_most_a_hundred_run_at_once() -> None:
    compartments = Compartments(lambda: 0.0)
    maximum = compartments.of(READS)._limit.maximum  # type: ignore[attr-defined]

    assert maximum + OTHERS_LIMIT == 100
    assert compartments.of(OTHERS) is not compartments.of(BOOKINGS)
