"""What each statement cost one database, as pg_stat_statements saw it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from harness.errors import MeasurementError

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0


def reset_statements(admin_url: str, database_name: str) -> None:
    """Forget what the server has seen of one database so far, where it keeps statistics and lets us.

    Raises:
        MeasurementError: The server does not answer.
    """
    _await(_reset(admin_url, database_name))


def read_statements(admin_url: str, database_name: str, *, top: int = 200) -> dict[str, Any]:
    """Give the statements that one database ran since `reset_statements`, most total time first.

    The extension's view spans the server, so another database can be asked: asking leaves no trace in the
    one that is measured.

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
        return {"available": True, "statements": [dict(row) for row in rows]}
    finally:
        await connection.close()


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
