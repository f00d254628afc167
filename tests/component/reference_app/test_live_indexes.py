"""`data indexes`: applied to a database in use without keeping writers out, taken away again, and watched."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from reference_app.failure import StartError
from reference_app.storage.indexes import INDEXES, MIGRATION, apply, roll_back
from reference_app.variants import build
from tests.component.reference_app.backends import run_sql, serve_and
from tests.component.reference_app.conftest import Clone
from tests.component.reference_app.test_command_line import run

NAMES = [index.name for index in INDEXES]
BUSY_INDEX = next(index for index in INDEXES if index.table == "appointments")
WRITE = "UPDATE appointments SET updated_at = now() WHERE id = "


def test_applied_to_live_data_it_is_what_load_makes(clone: Clone) -> None:
    applied, loaded = clone(()), clone((MIGRATION,))

    result = run("data", "indexes", "apply", "--database-url", applied)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == f"{len(NAMES)} built, 0 were there already"
    assert _definitions(applied) == _definitions(loaded)
    serve_and(build("after").components, applied, _nothing)


def test_applied_twice_it_builds_nothing(clone: Clone) -> None:
    result = run("data", "indexes", "apply", "--database-url", clone((MIGRATION,)))

    assert result.stdout == f"0 built, {len(NAMES)} were there already\n"


def test_rolled_back_the_data_is_befores_again(clone: Clone) -> None:
    url, plain = clone((MIGRATION,)), clone(())

    first = run("data", "indexes", "rollback", "--database-url", url)
    second = run("data", "indexes", "rollback", "--database-url", url)

    assert first.stdout.splitlines()[-1] == f"{len(NAMES)} dropped, 0 were not there"
    assert second.stdout == f"0 dropped, {len(NAMES)} were not there\n"
    assert _definitions(url) == _definitions(plain)
    serve_and(build("before").components, url, _nothing)


def test_writers_go_on_while_an_index_is_built(clone: Clone) -> None:
    async def build_live(connection: Any) -> None:
        await apply(connection, lambda _: None)

    url = clone(())
    assert asyncio.run(_write_during(url, build_live)) == "UPDATE 1"
    assert _invalid(url) == []


def test_built_the_plain_way_an_index_keeps_writers_out(clone: Clone) -> None:
    async def build_plainly(connection: Any) -> None:
        await connection.execute(BUSY_INDEX.statement)

    with pytest.raises(asyncpg.LockNotAvailableError):
        asyncio.run(_write_during(clone(()), build_plainly))


def test_what_an_interrupted_build_left_is_built_again(clone: Clone) -> None:
    async def interrupt() -> None:
        async with _connection(url) as earlier, _connection(url) as builder, earlier.transaction():
            await earlier.execute(f"{WRITE} 1")
            await builder.execute("SET statement_timeout = '300ms'")
            with pytest.raises(asyncpg.QueryCanceledError):
                await builder.execute(BUSY_INDEX.live_statement)

    url = clone(())
    asyncio.run(interrupt())
    assert _invalid(url) == [BUSY_INDEX.name]

    assert run("data", "indexes", "apply", "--database-url", url).returncode == 0

    assert _invalid(url) == []
    assert set(NAMES) <= set(_definitions(url))


def test_two_do_not_change_the_indexes_at_once(clone: Clone) -> None:
    async def both(url: str) -> None:
        async with _connection(url) as first, _connection(url) as second:
            await apply(first, lambda _: None)
            with pytest.raises(StartError, match="somebody else"):
                await roll_back(second, lambda _: None)

    asyncio.run(both(clone((MIGRATION,))))


def test_a_database_without_data_is_refused(postgres_url: str) -> None:
    result = run("data", "indexes", "rollback", "--database-url", postgres_url)

    assert result.returncode == 2
    assert "holds no data" in result.stderr


def test_usage_tells_used_from_unused_indexes_and_tables_read_from_end_to_end(clone: Clone) -> None:
    url = clone((MIGRATION,))
    asyncio.run(
        run_sql(
            url,
            "SET enable_seqscan = off",
            "SELECT FROM users WHERE email = 'owner@example.test'",
            "SET enable_seqscan = on",
            "SELECT payload FROM webhooks",
            "SELECT pg_stat_force_next_flush()",
            "SELECT 1",
        )
    )

    result = run("data", "indexes", "usage", "--database-url", url)
    lines = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line}

    assert lines["users_email_idx"][1:4] == ["users", "used", "1"]
    assert lines["payments_paid_at_idx"][2] == "unused"
    assert lines["webhooks"][1] == "1"
    assert f"{len(NAMES)} secondary indexes, {len(NAMES) - 1} of them unused" in result.stdout


async def _write_during(url: str, change: Callable[[Any], Awaitable[None]]) -> str:
    """Write to a table while an index on it waits for a transaction in front of it to end."""
    async with _connection(url) as earlier, _connection(url) as changer, _connection(url) as writer:
        transaction = earlier.transaction()
        await transaction.start()
        await earlier.execute(f"{WRITE} 1")
        changing = asyncio.create_task(change(changer))
        await _until_it_waits(writer, changer.get_server_pid())
        try:
            await writer.execute("SET lock_timeout = '1s'")
            written: str = await writer.execute(f"{WRITE} 2")
        finally:
            await transaction.commit()
            await changing
        return written


async def _until_it_waits(observer: Any, pid: int) -> None:
    async with asyncio.timeout(30):
        while not await observer.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _connection(url: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _nothing(_: object) -> None:
    pass


def _definitions(url: str) -> dict[str, str]:
    rows = asyncio.run(run_sql(url, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    return {row["indexname"]: row["indexdef"] for row in rows}


def _invalid(url: str) -> list[str]:
    query = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid"
    return [row["name"] for row in asyncio.run(run_sql(url, query))]
