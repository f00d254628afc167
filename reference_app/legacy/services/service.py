"""Service: what every service of BEFORE is, whatever its family."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from reference_app.families.duty import Duty, Subject
from reference_app.settings import Settings
from reference_app.storage.connections import Connection, Row


@dataclass(frozen=True, slots=True)
class Noted:
    """A figure, when it was worked out, and the catalogue of that moment."""

    at_s: float
    figure: Any
    catalogue: list[dict[str, Any]]


class DatabaseHelper:
    """A service's own way to the database."""

    def __init__(self) -> None:
        self.statement_count = 0
        self.row_count = 0

    async def fetch(self, connection: Connection, sql: str, values: Sequence[object]) -> list[Row]:
        """Run a statement and count what it gave."""
        rows = await connection.fetch(sql, *values)
        self.statement_count += 1
        self.row_count += len(rows)
        return rows


class Service:
    """Has a state, cache, logger, copy of the configuration and database helper of its own."""

    def __init__(self, family: str, duty: Duty, settings: Settings) -> None:
        self.name = f"{duty.name}_service"
        self.family = family
        self.call_count = 0
        self.error_count = 0
        self.busy_s = 0.0
        self.started_at: datetime | None = None
        self.cache: dict[Subject, Noted] = {}
        self.configuration = asdict(settings)
        self.log = logging.getLogger(f"{__name__}.{family}.{duty.name}")
        self.database = DatabaseHelper()
        self._duty = duty

    async def start(self, connection: Connection) -> None:
        """Get ready; kinds of services that need rows for that read them here."""

    async def run(self, connection: Connection, subject: Subject) -> Any:
        """Work out the figure anew, and note it."""
        self.call_count += 1
        started = time.perf_counter()
        try:
            return await self._figure(connection, subject)
        except Exception:
            self.error_count += 1
            raise
        finally:
            self.busy_s += time.perf_counter() - started

    async def _figure(self, connection: Connection, subject: Subject) -> Any:
        values = [getattr(subject, name) for name in self._duty.takes]
        rows = await self.database.fetch(connection, self._duty.sql, values)
        figure = self._duty.figure(rows)
        self.note(subject, figure)
        self.log.debug("%s: %r", self.name, figure)
        return figure

    def note(self, subject: Subject, figure: Any) -> None:
        """Keep the newest figure in a cache that nobody dares to read."""
        self.cache.clear()
        self.cache[subject] = Noted(time.monotonic(), figure, [])
