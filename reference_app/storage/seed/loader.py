"""Fill an empty database: tables, rows by COPY, constraints, the variant's migrations, statistics.

All but the last step is one transaction: a load that fails leaves the database as empty as it was. Rows are
copied with FREEZE into tables made in the same transaction, so that no later read has to set their hint bits,
and constraints come after the rows: building an index once is several times as fast as keeping it through a
load.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import chain

import asyncpg

from reference_app.failure import StartError
from reference_app.storage.connections import connect
from reference_app.storage.migrations import read_sql
from reference_app.storage.seed.copy_format import Text, encode
from reference_app.storage.seed.dataset import Table, draw, tables
from reference_app.storage.seed.records import records
from reference_app.storage.seed.sizes import ANCHOR_DAY

Report = Callable[[str], None]
"""Tells a person one line of progress."""


async def load(database_url: str, migrations: Sequence[str], scale: float, seed: int, report: Report) -> None:
    """Fill the empty database at the URL.

    Raises:
        StartError: the database cannot be reached, or holds tables already.
    """
    connection = await connect(database_url)
    try:
        await _require_empty(connection)
        async with connection.transaction():
            rate = await _load_rows(connection, migrations, scale, seed, report)
        vacuuming = _Stopwatch()
        await connection.execute("VACUUM (ANALYZE)")
        report(f"vacuumed and analysed in {vacuuming.elapsed_s:.1f} s")
        report(rate)
    finally:
        await connection.close()


async def _load_rows(
    connection: asyncpg.Connection, migrations: Sequence[str], scale: float, seed: int, report: Report
) -> str:
    """Fill the tables and answer how fast the appointments went in."""
    await connection.execute(read_sql("schema.sql"))
    drawing = _Stopwatch()
    drawn = draw(scale, seed)
    drawing_s = drawing.elapsed_s
    report(f"drew {drawn.size.appointments} appointments in {drawing_s:.2f} s")
    copy_s: dict[str, float] = {}
    for table in chain(tables(drawn), records(drawn)):
        copying = _Stopwatch()
        await _copy(connection, table)
        copy_s[table.name] = copying.elapsed_s
    report(f"copied {len(copy_s)} tables in {sum(copy_s.values()):.2f} s")
    await _copy(connection, _settings(migrations, scale, seed))
    await _set_sequences(connection)
    constraining = _Stopwatch()
    await connection.execute(read_sql("constraints.sql"))
    report(f"applied the constraints in {constraining.elapsed_s:.1f} s")
    for migration in migrations:
        migrating = _Stopwatch()
        await connection.execute(read_sql(migration))
        report(f"applied {migration} in {migrating.elapsed_s:.1f} s")
    return _rate(drawn.size.appointments, copy_s["appointments"], drawing_s)


async def _require_empty(connection: asyncpg.Connection) -> None:
    table_count = await connection.fetchval(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r'"
    )
    if table_count:
        raise StartError(
            f"The database holds {table_count} tables already; create an empty one to load the data into."
        )


async def _copy(connection: asyncpg.Connection, table: Table) -> None:
    await connection.copy_to_table(
        table.name,
        source=_stream(table),
        columns=list(table.columns),
        format="binary",
        freeze=True,
    )


async def _stream(table: Table) -> AsyncIterator[bytes]:
    for chunk in encode(list(table.columns.values())):
        yield chunk


def _rate(rows: int, copy_s: float, drawing_s: float) -> str:
    return (
        f"appointments: {rows / copy_s:,.0f} rows/s encoded and copied,"
        f" {rows / (copy_s + drawing_s):,.0f} rows/s with the drawing ({rows} rows)"
    )


def _settings(migrations: Sequence[str], scale: float, seed: int) -> Table:
    values = {
        "anchor_date": str(ANCHOR_DAY),
        "scale": repr(scale),
        "seed": str(seed),
        "migrations": " ".join(migrations),
    }
    return Table(
        name="application_settings", columns={"name": Text([*values]), "value": Text([*values.values()])}
    )


async def _set_sequences(connection: asyncpg.Connection) -> None:
    """Let new rows' ids go on behind the loaded ones."""
    tables_with_id = await connection.fetch(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES'"
    )
    for row in tables_with_id:
        name = row["table_name"]
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"  # noqa: S608 - names from our own schema
            f" coalesce(max(id), 0) + 1, false) FROM {name}"
        )


class _Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Read the watch."""
        return time.perf_counter() - self._started
