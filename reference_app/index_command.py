"""`python -m reference_app data indexes`: apply, roll back and watch the indexes of a live database."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from reference_app.storage.connections import connect
from reference_app.storage.indexes import apply, roll_back
from reference_app.storage.migrations import read_sql

Work = Callable[[Any], Awaitable[None]]
"""What is done over a plain asyncpg connection."""

_HELP = {
    "apply": "build the missing ones while the application goes on; may be repeated",
    "rollback": "drop them while the application goes on; may be repeated",
    "usage": "tell how often each is used, its size and hit ratio, and which tables are read from end to end",
}


def add_indexes(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_database: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command to the actions of `data`."""
    indexes = actions.add_parser("indexes", help="apply, roll back and watch the indexes of a live database")
    steps = indexes.add_subparsers(title="steps", required=True, metavar="STEP")
    for name, work in {"apply": _apply, "rollback": _roll_back, "usage": _usage}.items():
        step = steps.add_parser(name, help=_HELP[name])
        add_database(step)
        step.set_defaults(run=_runner(work))


def _runner(work: Work) -> Callable[[argparse.Namespace], None]:
    async def run(database_url: str) -> None:
        connection = await connect(database_url)
        try:
            await work(connection)
        finally:
            await connection.close()

    return lambda options: asyncio.run(run(options.database_url))


async def _apply(connection: Any) -> None:
    await apply(connection, _say)


async def _roll_back(connection: Any) -> None:
    await roll_back(connection, _say)


async def _usage(connection: Any) -> None:
    indexes = await connection.fetch(read_sql("index_usage.sql"))
    for line in _lined_up(
        ("index", "table", "state", "scans", "size, kB", "hit ratio"),
        [
            (
                row["index_name"],
                row["table_name"],
                row["state"],
                f"{row['scan_count']}",
                f"{row['size_bytes'] // 1024}",
                _ratio(row["hit_ratio"]),
            )
            for row in indexes
        ],
        word_count=3,
    ):
        _say(line)
    unused_count = sum(row["state"] != "used" for row in indexes)
    _say(f"{len(indexes)} secondary indexes, {unused_count} of them unused since the last reset.\n")
    tables = await connection.fetch(read_sql("table_scans.sql"))
    for line in _lined_up(
        ("table read from end to end", "times", "rows read", "size, kB", "by index"),
        [
            (
                row["table_name"],
                f"{row['scan_count']}",
                f"{row['row_count']}",
                f"{row['size_bytes'] // 1024}",
                _ratio(row["index_share"]),
            )
            for row in tables
        ],
        word_count=1,
    ):
        _say(line)


def _ratio(value: Any) -> str:
    return "-" if value is None else f"{value:.1%}"


def _lined_up(header: Sequence[str], rows: Sequence[Sequence[str]], *, word_count: int) -> list[str]:
    """Pad the columns to one width: the first ones, words, to the left, figures to the right."""
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    is_word = [column < word_count for column in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if word else cell.rjust(width)
            for cell, width, word in zip(row, widths, is_word, strict=True)
        ).rstrip()
        for row in table
    ]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
