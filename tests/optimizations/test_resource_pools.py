"""`resource_pools`: without it callers wait as long as it takes, with it they are answered in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from reference_app.externals.sessions import SESSIONS_PER_SERVICE
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, run_sql, serve_and
from tests.component.reference_app.company import Company
from tests.optimizations.conftest import Clone
from tests.optimizations.test_circuit_breakers import calls, with_company

POOL_SIZE = 4
DAY = "/api/v2/locations/1/day?date=2026-03-"
HELD = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
HELD += " WHERE NOT l.granted AND a.datname = current_database()"


@asynccontextmanager
async def all_sessions_held(backend: Backend, url: str) -> AsyncIterator[list["asyncio.Task[Any]"]]:
    """Let as many requests as there are sessions wait for a lock, while the block runs."""
    await backend.token("staff")
    holder = await asyncpg.connect(url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE appointments")
        days = range(10, 10 + POOL_SIZE)
        held = [asyncio.create_task(backend.ask("GET", f"{DAY}{day}", "staff")) for day in days]
        async with asyncio.timeout(30):
            while (await run_sql(url, HELD))[0]["count"] < POOL_SIZE:
                pass
        yield held
    await holder.close()


def ask_while_all_are_held(chosen: Build, clone: Clone) -> Any:
    url = clone(chosen.components.migrations)

    async def work(backend: Backend) -> Any:
        async with all_sessions_held(backend, url) as held:
            late = asyncio.create_task(backend.ask("GET", f"{DAY}20", "staff"))
            await asyncio.wait({late}, timeout=1.0)
            was_answered = late.done()
            shown = (await backend.ask("GET", "/api/v2/monitoring/performance")).body["scalability"]
        answers = await asyncio.gather(*held)
        return was_answered, await late, shown["resource_pools"], {answer.status for answer in answers}

    return serve_and(chosen.components, url, work, POOL_SIZE, acquisition_timeout_s=0.1)


def test_who_finds_all_sessions_in_use_waits_without_it_and_is_answered_in_time_with_it(clone: Clone) -> None:
    was_answered, late, shown, others = ask_while_all_are_held(
        build("after", removed=["resource_pools"]), clone
    )
    assert (was_answered, late.status, shown, others) == (False, 200, None, {200})

    _, late, shown, others = ask_while_all_are_held(build("after"), clone)
    assert (late.status, late.body["error"]["code"], late.headers["Retry-After"]) == (
        503,
        "database_busy",
        "1",
    )
    assert others == {200}
    database = shown["database"]
    assert (database["size"], database["held_count"], database["timeout_count"]) == (POOL_SIZE, POOL_SIZE, 1)
    assert {holder["holder"] for holder in database["oldest_holders"]} == {"GET /api/v2/locations/1/day"}
    assert {holder["place"].split(":")[0] for holder in database["oldest_holders"]} == {
        "storage/connections.py"
    }


def test_it_lends_the_connections_of_a_variant_that_keeps_none(clone: Clone) -> None:
    chosen = build("before", added=["resource_pools"])

    async def work(backend: Backend) -> Any:
        callers = [backend.ask("GET", "/health/ready") for _ in range(10)]
        return {answer.status for answer in await asyncio.gather(*callers)}

    assert serve_and(chosen.components, clone(()), work, acquisition_timeout_s=60.0) == {200}


def test_a_service_has_its_own_sessions_and_they_are_used_again(clone: Clone) -> None:
    async def work(backend: Backend, company: Company) -> Any:
        await company.behave("holds")
        crowd = calls(backend, SESSIONS_PER_SERVICE + 5)
        await company.until_under_way("calendar", SESSIONS_PER_SERVICE)
        await company.behave("answers")
        statuses = {answer.status for answer in await asyncio.gather(*crowd)}
        for task in calls(backend, 5):
            statuses.add((await task).status)
        shown = (await backend.ask("GET", "/api/v2/monitoring/performance")).body["scalability"]
        return statuses, company.most_under_way["calendar"], shown["resource_pools"]["calendar"]

    chosen = build("after", removed=["circuit_breakers"])
    statuses, most, shown = with_company(chosen, clone, work)

    assert statuses <= {200, 503}
    assert most == SESSIONS_PER_SERVICE == shown["made_count"]
    assert (shown["held_count"], shown["kept_count"]) == (0, SESSIONS_PER_SERVICE)
