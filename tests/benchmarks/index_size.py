"""What the secondary indexes take: memory and disk, and the time to build them while writers go on."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from reference_app.storage.connections import connect
from reference_app.storage.indexes import INDEXES
from tests.benchmarks.reference_server import database_of, postgres_in_an_empty_folder
from tests.benchmarks.table import Table

_MIB = 2**20


def measure(say: Callable[[str], None], scale: float) -> Table:
    """Build each index on BEFORE's data with CONCURRENTLY and look at its size."""
    with postgres_in_an_empty_folder(say) as postgres, database_of(postgres, "before", scale, say) as url:
        rows = asyncio.run(_built(url, say))
    return Table(
        title="Size of the secondary indexes",
        claim="shown for itself",
        columns=("index", "table", "MiB", "of its table", "built in, s"),
        rows=tuple(rows),
        holds=None,
        note=f"Scale {scale:g}; built with CREATE INDEX CONCURRENTLY, one by one, nobody else working.",
    )


async def _built(url: str, say: Callable[[str], None]) -> list[tuple[str, ...]]:
    connection = await connect(url)
    try:
        rows, total_bytes, total_s = [], 0, 0.0
        for index in INDEXES:
            started_s = time.perf_counter()
            await connection.execute(index.live_statement)
            elapsed_s = time.perf_counter() - started_s
            size_bytes = await _size_bytes(connection, index.name)
            table_bytes = await _size_bytes(connection, index.table)
            total_bytes, total_s = total_bytes + size_bytes, total_s + elapsed_s
            say(f"{index.name}: {size_bytes / _MIB:.2f} MiB")
            rows.append(_row(index.name, index.table, size_bytes, table_bytes, elapsed_s))
        tables = {index.table for index in INDEXES}
        all_bytes = sum([await _size_bytes(connection, table) for table in tables])
        return [*rows, _row(f"all {len(INDEXES)}", "", total_bytes, all_bytes, total_s)]
    finally:
        await connection.close()


async def _size_bytes(connection: Any, name: str) -> int:
    size: int = await connection.fetchval("SELECT pg_relation_size(to_regclass($1))", name)
    return size


def _row(name: str, table: str, size_bytes: int, table_bytes: int, elapsed_s: float) -> tuple[str, ...]:
    share = f"{size_bytes / table_bytes:.0%}" if table_bytes else "-"
    return name, table, f"{size_bytes / _MIB:.2f}", share, f"{elapsed_s:.2f}"
