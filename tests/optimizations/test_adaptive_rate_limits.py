"""`adaptive_rate_limits`: without it an abuser is looked up each time, with it refused at the door."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from reference_app.components import Components
from reference_app.middleware.request_counts import Limiter, MemoryCounts
from reference_app.middleware.request_limits import DAY_S, Allowance
from reference_app.scalability.machine_load import LoadWatch, read_load
from reference_app.scalability.rate_limiter import AdvancedRateLimiter, Load, Pressure
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Answer, Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
WITHOUT = build("after", removed=["adaptive_rate_limits"])
WITH = build("after")
PATH = "/api/v2/clients/1/history"


def limited_by(limiter: Limiter) -> Components:
    return replace(WITH.components, limiter=lambda: limiter)


def _flood(chosen: Build, clone: Clone) -> tuple[list[Answer], list[int], int, Any]:
    """One account asks 500 times for what it may ask ten times; another asks now and then."""

    async def work(backend: Backend) -> tuple[list[Answer], list[int], int, Any]:
        abuse, others = [], []
        await backend.token("staff")
        for number in range(500):
            abuse.append(await backend.ask("GET", PATH, "client"))
            if number % 100 == 0:
                path = "/api/v2/locations/1/day?date=2026-03-14"
                others.append((await backend.ask("GET", path, "staff")).status)
        layers = (await backend.ask("GET", "/api/v2/monitoring/middleware")).body["layers"]
        shown = (await backend.ask("GET", "/api/v2/monitoring/performance")).body["scalability"]
        counted = {layer["name"]: layer["calls"] for layer in layers}["consolidated_auth"]
        return abuse, others, counted, shown["rate_limiter"]

    told: tuple[list[Answer], list[int], int, Any] = serve_and(
        chosen.components, clone(chosen.components.migrations), work, requests_per_minute=10
    )
    return told


def test_fifty_times_the_quota_are_refused_at_the_door_and_cost_the_others_nothing(clone: Clone) -> None:
    _, others, counted_without, shown = _flood(WITHOUT, clone)
    assert (others, shown) == ([200] * 5, None)
    assert counted_without > 500

    abuse, others, counted, shown = _flood(WITH, clone)

    assert others == [200] * 5
    admitted = sum(answer.status == 200 for answer in abuse)
    assert admitted < 50  # ten at once and one more each six seconds
    assert shown["refused_count"] + shown["refused_at_door_count"] == 500 - admitted
    # Two log-ins, the others and, at the latest after a second each, the abuser pass the authentication.
    assert counted < counted_without
    assert shown["refused_at_door_count"] > 0


def test_the_answer_at_the_door_is_that_of_the_counting(clone: Clone) -> None:
    abuse, *_ = _flood(WITH, clone)
    refused = [answer for answer in abuse if answer.status == 429]

    assert {answer.text for answer in refused} == {
        '{"error":{"code":"rate_limited","message":"Too many requests; wait a minute."}}'
    }
    for answer in refused:
        assert answer.headers["RateLimit-Policy"] == '"minute";q=10;w=60'
        assert answer.headers["RateLimit"].startswith('"minute";r=0;t=')
        assert 1 <= int(answer.headers["Retry-After"]) <= 6
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_class_of_paths_that_is_used_up_leaves_the_others_open(clone: Clone) -> None:
    async def work(backend: Backend) -> list[int]:
        paths = ["/api/v2/analytics/revenue?days=7"] * 60 + ["/api/v2/clients?email=x@example.test"]
        return [(await backend.ask("GET", path, "owner")).status for path in paths]

    statuses = serve_and(WITH.components, clone(WITH.components.migrations), work, tier="enterprise")

    assert statuses[0] == 200
    assert 429 in statuses[25:60]
    assert statuses[60] == 200


def _policies(tier: str | None, load: Load, clone: Clone) -> str:
    limiter: Limiter = AdvancedRateLimiter(lambda: 0.0)
    limiter.pressure.note(load)
    components = limited_by(limiter)

    async def work(backend: Backend) -> str:
        return (await backend.ask("GET", "/api/v2/locations")).headers["RateLimit-Policy"]

    policy: str = serve_and(components, clone(components.migrations), work, tier=tier)
    return policy


def test_pressure_halves_published_quotas_and_says_so(clone: Clone) -> None:
    assert _policies("free", Load(10.0, 10.0), clone) == '"minute";q=10;w=60'
    assert _policies("free", Load(99.0, 10.0), clone) == '"minute";q=5;w=60'
    assert _policies("free", Load(10.0, 90.0), clone) == '"minute";q=5;w=60'


def test_who_has_used_six_tenths_of_a_quota_has_used_six_tenths_of_half_of_it() -> None:
    async def use() -> list[int]:
        counts = MemoryCounts()
        whole, half = (Allowance("day", "account 1", count, DAY_S, count) for count in (10, 5))
        used = [(await counts.count(whole)).remaining for _ in range(6)]
        assert used[-1] == 4
        return [(await counts.count(one)).remaining for one in (half, whole)]

    # Two of five are left and one of them is used now: of ten, that leaves two, of which one is used.
    assert asyncio.run(use()) == [1, 1]


def test_a_busy_machine_lowers_no_ceiling_that_guards_a_load_test(clone: Clone) -> None:
    assert _policies(None, Load(100.0, 100.0), clone) == '"minute";q=12000;w=60'


def test_no_more_of_a_caller_are_under_way_than_the_tier_says_and_others_are_not_hurt(clone: Clone) -> None:
    opened, inside = asyncio.Event(), asyncio.Semaphore(0)

    async def held(_: web.Request) -> web.Response:
        inside.release()
        await opened.wait()
        return web.Response()

    plain = WITH.components
    components = replace(plain, mounts=lambda home: [*plain.mounts(home), web.get("/api/v2/held", held)])

    async def work(backend: Backend) -> tuple[Answer, int, Counter[int]]:
        await backend.token("client")
        await backend.token("staff")
        asked = [asyncio.create_task(backend.ask("GET", "/api/v2/held", "client")) for _ in range(3)]
        for _ in asked:
            await inside.acquire()
        fourth = await backend.ask("GET", "/api/v2/held", "client")
        other = asyncio.create_task(backend.ask("GET", "/api/v2/held", "staff"))
        await inside.acquire()
        opened.set()
        statuses = Counter([(await task).status for task in asked])
        return fourth, (await other).status, statuses

    fourth, other, statuses = serve_and(components, clone(components.migrations), work, tier="free")

    assert (fourth.status, fourth.body["error"]["code"]) == (429, "too_many_at_once")
    assert fourth.headers["Retry-After"] == "1"
    assert (other, statuses) == (200, {200: 3})


def test_readings_are_taken_beside_the_requests() -> None:
    async def watch() -> tuple[Pressure, int]:
        pressure = Pressure()
        readings = itertools.chain([Load(0, 0), Load(10, 10)], itertools.repeat(Load(95, 10)))
        seen = asyncio.Event()
        count = 0

        def read() -> Load:
            nonlocal count
            count += 1
            if count == 3:
                seen.set()
            return next(readings)

        watching = LoadWatch(pressure, read, period_s=0.001)
        await watching.open()
        await seen.wait()
        await watching.close()
        return pressure, count

    pressure, count = asyncio.run(watch())

    assert pressure.is_on
    assert count >= 3


def test_the_machine_can_be_read() -> None:
    for load in (read_load(), read_load()):
        assert 0 <= load.cpu_percent <= 100
        assert 0 < load.memory_percent <= 100
