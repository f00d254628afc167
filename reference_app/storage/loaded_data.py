"""What `data load` left in the database for the application to know."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from reference_app.failure import StartError


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedData:
    """The day that the data takes for today, and the migrations that were applied."""

    anchor_date: date
    migrations: tuple[str, ...]


async def read_loaded_data(connection: Any) -> LoadedData:
    """Read what was loaded.

    Raises:
        StartError: nothing was.
    """
    try:
        rows = await connection.fetch("SELECT name, value FROM application_settings")
        values = {row["name"]: row["value"] for row in rows}
        return LoadedData(
            anchor_date=date.fromisoformat(values["anchor_date"]),
            migrations=tuple(values["migrations"].split()),
        )
    except (asyncpg.UndefinedTableError, KeyError):
        raise StartError(
            "The database holds no data; fill it with `python -m reference_app data load`."
        ) from None


def require_migrations(loaded: LoadedData, expected: tuple[str, ...]) -> None:
    """Raise `StartError` unless the database is the one that the variant was built for."""
    if loaded.migrations != expected:
        raise StartError(
            f"The database has the migrations ({', '.join(loaded.migrations)}) and this variant needs"
            f" ({', '.join(expected)}); load the data for this variant."
        )
