"""The secondary indexes on a live database: made without keeping writers out, taken away again, and watched.

The one list of them is critical_performance_indexes.sql. `data load` runs it as it stands, into tables that
nobody uses yet; here each index is built on its own with CONCURRENTLY, which takes longer and blocks nobody.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from reference_app.failure import StartError
from reference_app.storage.migrations import read_sql

MIGRATION = "critical_performance_indexes.sql"
_STATEMENT = re.compile(r"((?:--[^\n]*\n)+)(CREATE INDEX IF NOT EXISTS (\w+)\s+ON (\w+)[^;]+);")
_LOCK_KEY = int.from_bytes(b"indexes", signed=True)

Report = Callable[[str], None]
"""Tells a person one line of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One secondary index and what it is for."""

    name: str
    table: str
    purpose: str
    """The comment in front of it: who asks, and what."""
    queries: tuple[str, ...]
    """The endpoints and duties that it serves, as the comment names them in front of its colon."""
    statement: str

    @property
    def live_statement(self) -> str:
        """Build it while others write."""
        return self.statement.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)


def _indexes() -> Iterator[Index]:
    for comment, statement, name, table in _STATEMENT.findall(read_sql(MIGRATION)):
        purpose = " ".join(line.removeprefix("--").strip() for line in comment.splitlines())
        queries = tuple(query.strip() for query in purpose.split(":")[0].split(","))
        yield Index(name=name, table=table, purpose=purpose, queries=queries, statement=statement)


INDEXES: tuple[Index, ...] = tuple(_indexes())


async def apply(connection: Any, report: Report) -> None:
    """Build what is missing, one index after the other, while the application goes on reading and writing.

    A build that was interrupted leaves an index that costs every write and serves no query: it is dropped and
    built again. Applying twice changes nothing.

    Args:
        connection: a plain asyncpg connection, outside of a transaction.
        report: told of each index.

    Raises:
        StartError: somebody else applies or rolls back at the moment, or the database holds no data.
    """
    await _take_turn(connection)
    built_count = 0
    for index in INDEXES:
        if await _is_valid(connection, index.name):
            continue
        await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
        await connection.execute(index.live_statement)
        report(f"built {index.name} on {index.table}")
        built_count += 1
    for table in sorted({index.table for index in INDEXES}) if built_count else ():
        # What the planner knows of an index-only scan comes from here.
        await connection.execute(f"VACUUM (ANALYZE) {table}")
    await _note(connection, is_applied=True)
    report(f"{built_count} built, {len(INDEXES) - built_count} were there already")


async def roll_back(connection: Any, report: Report) -> None:
    """Drop the indexes, one after the other, while the application goes on; doing it twice changes nothing.

    Args:
        connection: a plain asyncpg connection, outside of a transaction.
        report: told of each index.

    Raises:
        StartError: somebody else applies or rolls back at the moment, or the database holds no data.
    """
    await _take_turn(connection)
    # First, so that no server starts in the belief that it has what is about to go.
    await _note(connection, is_applied=False)
    dropped_count = 0
    for index in reversed(INDEXES):
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", index.name):
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
            report(f"dropped {index.name}")
            dropped_count += 1
    report(f"{dropped_count} dropped, {len(INDEXES) - dropped_count} were not there")


async def _take_turn(connection: Any) -> None:
    """Two at once would wait for each other's transactions until one is ended as a deadlock."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
        raise StartError("The indexes are being applied or rolled back by somebody else; try again later.")


async def _is_valid(connection: Any, name: str) -> bool:
    found: bool | None = await connection.fetchval(
        "SELECT indisvalid AND indisready FROM pg_index WHERE indexrelid = to_regclass($1)", name
    )
    return found is True


async def _note(connection: Any, *, is_applied: bool) -> None:
    """Let servers know what the database now is: each accepts the one that its variant was built for."""
    try:
        noted = await connection.fetchval("SELECT value FROM application_settings WHERE name = 'migrations'")
    except asyncpg.UndefinedTableError:
        noted = None
    if noted is None:
        raise StartError("The database holds no data; fill it with `python -m reference_app data load`.")
    others = [migration for migration in noted.split() if migration != MIGRATION]
    migrations = [MIGRATION, *others] if is_applied else others
    await connection.execute(
        "UPDATE application_settings SET value = $1 WHERE name = 'migrations'", " ".join(migrations)
    )
