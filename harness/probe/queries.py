"""What each statement cost one database, as pg_stat_statements saw it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import asyncpg

from harness.errors import MeasurementError

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0

PLANNED = 5
"""Statements of a database, those that took most time, whose plan is asked."""

_PLANNABLE = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def reset_statements(admin_url: str, database_name: str) -> None:
    """Forget what the server has seen of one database so far, where it keeps statistics and lets us.

    Raises:
        MeasurementError: The server does not answer.
    """
    _await(_reset(admin_url, database_name))


def read_statements(admin_url: str, database_name: str, *, top: int = 200) -> dict[str, Any]:
    """Give the statements that one database ran since `reset_statements`, most total time first.

    The extension's view spans the server, so another database can be asked: asking leaves no trace in the
    one that is measured. The plans are asked there, but after the statements have been read.

    Args:
        admin_url: The database in which the extension is created.
        database_name: The database whose statements are wanted.
        top: At most so many.

    Returns:
        The content of `queries.json`.

    Raises:
        MeasurementError: The server does not answer.
    """
    return _await(_read(admin_url, database_name, top))


def _await(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise MeasurementError(f"The database server no longer answers: {type(error).__name__}.") from None


async def _reset(admin_url: str, database_name: str) -> None:
    connection = await asyncpg.connect(admin_url, timeout=CONNECT_TIMEOUT_S)
    try:
        if not await _obstacle(connection):
            await connection.execute(
                "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = $1",
                database_name,
            )
    finally:
        await connection.close()


async def _read(admin_url: str, database_name: str, top: int) -> dict[str, Any]:
    connection = await asyncpg.connect(admin_url, timeout=CONNECT_TIMEOUT_S)
    try:
        reason = await _obstacle(connection)
        if reason:
            return {"available": False, "reason": reason}
        rows = await connection.fetch(_STATEMENTS, database_name, top)
    finally:
        await connection.close()
    plans = await _plans(admin_url, database_name, [row["query"] for row in rows])
    return {
        "available": True,
        "statements": [
            dict(row) | ({"plan": plan} if (plan := plans.get(row["query"])) else {}) for row in rows
        ],
    }


async def _plans(admin_url: str, database_name: str, queries: list[str]) -> dict[str, str]:
    """Ask for the generic plan of the first statements that have one, without running them.

    What the extension shows is no longer what was sent: some statements cannot be read again and have none.
    """
    wanted = [query for query in queries if query.lstrip().upper().startswith(_PLANNABLE)][:PLANNED]
    url = urlsplit(admin_url)._replace(path=f"/{quote(database_name)}").geturl()
    plans: dict[str, str] = {}
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            for query in wanted:
                with suppress(asyncpg.PostgresError):
                    plans[query] = await _plan(connection, query)
        finally:
            await connection.close()
    return plans


async def _plan(connection: "asyncpg.Connection[Any]", query: str) -> str:
    await connection.execute("DEALLOCATE ALL")
    await connection.execute(f"PREPARE kpibench_plan AS {query}")
    count = await connection.fetchval(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'kpibench_plan'"
    )
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    lines = await connection.fetch(f"EXPLAIN EXECUTE kpibench_plan{values}")
    return "\n".join(line[0] for line in lines)


_STATEMENTS = """
SELECT query, sum(calls)::bigint AS calls, sum(total_exec_time) AS total_ms,
       sum(total_exec_time) / nullif(sum(calls), 0) AS mean_ms, sum(rows)::bigint AS rows,
       sum(shared_blks_hit)::bigint AS shared_blocks_hit, sum(shared_blks_read)::bigint AS shared_blocks_read
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname = $1 AND calls > 0
GROUP BY queryid, query
ORDER BY total_ms DESC, query
LIMIT $2
"""  # the same statement sent by two roles, or inside a function, is one


async def _obstacle(connection: "asyncpg.Connection[Any]") -> str:
    """Tell why the statistics would not be true, empty if they are; put the extension on the search path.

    Where we may not reset them they would hold the warm-up too; where we may not read the statements of
    other roles they would hold no text.
    """
    found = await connection.fetchval(
        "SELECT set_config('search_path', quote_ident(nspname), false)"
        " FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_stat_statements'"
    )
    if found is None:
        return "The extension pg_stat_statements is not created in the administration database."
    row = await connection.fetchrow(
        "SELECT bool_and(has_function_privilege(oid, 'EXECUTE')) AS may_reset,"
        " pg_has_role('pg_read_all_stats', 'USAGE') AS may_read"
        " FROM pg_proc WHERE proname = 'pg_stat_statements_reset'"
    )
    if row is None or not row["may_reset"]:
        return "This role may not run pg_stat_statements_reset."
    if not row["may_read"]:
        return "This role is no member of pg_read_all_stats."
    try:
        await connection.fetchval("SELECT 1 FROM pg_stat_statements LIMIT 1")
    except asyncpg.ObjectNotInPrerequisiteStateError:
        return "The server does not load pg_stat_statements (shared_preload_libraries)."
    return ""
