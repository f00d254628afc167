"""`connection_pool`: without it every use opens a connection, with it none does once the server runs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from reference_app.monitoring.request_timings import begin_request
from reference_app.settings import Settings
from reference_app.storage.connections import STATEMENT_TIMEOUT_S, DatabaseUnavailableError, PooledConnections
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, run_sql, serve_and

REQUESTS = 10


def test_requests_open_connections_without_the_pool_and_none_with_it(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    # One connection for the authentication layer, one for the handler.
    assert _opened(build("after", removed=["connection_pool", "response_cache"]), clone) == 2 * REQUESTS
    assert _opened(build("after", removed=["response_cache"]), clone) == 0


def test_more_callers_than_connections_are_all_answered(clone: Callable[[tuple[str, ...]], str]) -> None:
    chosen = build("after", removed=["response_cache"])

    async def work(backend: Backend) -> set[int]:
        callers = [backend.ask("GET", "/api/v2/locations") for _ in range(100)]
        return {answer.status for answer in await asyncio.gather(*callers)}

    url = clone(chosen.components.migrations)
    assert serve_and(chosen.components, url, work, acquisition_timeout_s=60.0) == {200}


def test_more_callers_than_the_database_admits_wait_without_the_pool(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    chosen = build("before")

    async def work(backend: Backend) -> set[int]:
        callers = [backend.ask("GET", "/health/ready") for _ in range(200)]
        return {answer.status for answer in await asyncio.gather(*callers)}

    assert serve_and(chosen.components, clone(chosen.components.migrations), work) == {200}


def test_the_pool_fits_the_machine() -> None:
    assert 4 <= Settings(database_url="", port=1).pool_size <= 8


def _opened(chosen: Build, clone: Callable[[tuple[str, ...]], str]) -> int:
    """Count the connections that requests open, after the server has started and the caller logged in."""

    async def work(backend: Backend) -> int:
        await backend.token("client")
        opened = backend.connections.opened_count
        for _ in range(REQUESTS):
            assert (await backend.ask("GET", "/api/v2/clients/1/history", "client")).status == 200
        return backend.connections.opened_count - opened

    count: int = serve_and(chosen.components, clone(chosen.components.migrations), work)
    return count


def test_returning_a_session_costs_no_statement_and_statements_stay_prepared(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    url = clone(build("after").components.migrations)

    async def work() -> tuple[int, list[Any], Any]:
        pool = PooledConnections(url, 1)
        await pool.open()
        counts = begin_request()
        for number in range(3):
            async with pool.use() as connection:
                assert await connection.fetchrow("SELECT $1::integer", number) == (number,)
        # What the session did last, as the server saw it: asyncpg's own reset would be a statement.
        seen = await run_sql(
            url,
            "SELECT query, pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'",
        )
        async with pool.use() as connection:
            prepared = await connection.fetch(
                "SELECT statement FROM pg_prepared_statements WHERE from_sql = false"
            )
        await pool.close()
        return counts.statement_count, [row["query"] for row in seen], [row["statement"] for row in prepared]

    statement_count, last, prepared = asyncio.run(work())

    assert last == ["SELECT $1::integer"]
    assert prepared.count("SELECT $1::integer") == 1
    assert statement_count == 4


def test_a_session_left_inside_a_transaction_is_clean_for_the_next_user(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    url = clone(build("after").components.migrations)

    async def work() -> Any:
        pool = PooledConnections(url, 1)
        await pool.open()
        async with pool.use() as connection:
            await connection.execute("BEGIN")
            await connection.execute("SET statement_timeout = 1")
        async with pool.use() as connection:
            state = await connection.fetchrow(
                "SELECT pg_current_xact_id_if_assigned(), current_setting('statement_timeout')"
            )
        await pool.close()
        return tuple(state)

    assert asyncio.run(work()) == (None, f"{STATEMENT_TIMEOUT_S}s")


def test_a_statement_that_runs_too_long_is_cancelled_and_its_session_serves_on(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    chosen = build("after").components
    url = clone(chosen.migrations)
    impatient = replace(chosen, connections=lambda _: PooledConnections(url, 4, statement_timeout_s=0.05))

    async def work(backend: Backend) -> list[int]:
        path = "/api/v2/locations/1/day?date=2026-03-14"
        await backend.token("staff")
        holder = await asyncpg.connect(url)
        async with holder.transaction():
            await holder.execute("LOCK TABLE appointments")
            held = await asyncio.gather(*(backend.ask("GET", path, "staff") for _ in range(6)))
        await holder.close()
        return [answer.status for answer in (*held, await backend.ask("GET", path, "staff"))]

    assert serve_and(impatient, url, work) == [503] * 6 + [200]


def test_a_statement_whose_user_was_cancelled_is_given_up_and_its_session_serves_on(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    url = clone(build("after").components.migrations)
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)' AND state = 'active'"
    )

    async def work() -> tuple[int, int]:
        pool = PooledConnections(url, 1)
        await pool.open()

        async def sleep() -> None:
            async with pool.use() as connection:
                await connection.execute("SELECT pg_sleep(20)")

        sleeper = asyncio.create_task(sleep())
        async with asyncio.timeout(30):
            while (await run_sql(url, sleeping))[0]["count"] == 0:
                pass
        sleeper.cancel()
        await asyncio.wait({sleeper})
        async with asyncio.timeout(10), pool.use() as connection:
            row = await connection.fetchrow("SELECT 1")
        await pool.close()
        assert row is not None
        return row[0], pool.opened_count

    assert asyncio.run(work()) == (1, 1)


def test_a_closed_pool_says_so_and_lets_nobody_wait(clone: Callable[[tuple[str, ...]], str]) -> None:
    url = clone(build("after").components.migrations)

    async def work() -> None:
        pool = PooledConnections(url, 1)
        await pool.open()
        await pool.close()
        with pytest.raises(DatabaseUnavailableError, match="closed"):
            async with pool.use():
                pass

    asyncio.run(work())
