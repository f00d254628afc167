"""DatabaseWatch: whoever finds that the database does not answer says so; then it is asked until it does.

While all is well nothing is asked, so that watching costs nothing.
"""

import asyncio
import contextlib

import asyncpg

from reference_app.domain.errors import UnavailableError
from reference_app.scalability.alerts import Alerts
from reference_app.storage.connections import Connections, DatabaseUnavailableError

RETRY_S = 0.5
TIMEOUT_S = 2.0
ALERT = "database"

_NO_ANSWER = (
    DatabaseUnavailableError,
    UnavailableError,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


class DatabaseWatch:
    """Raises the alert about the database, and clears it."""

    def __init__(self, connections: Connections, alerts: Alerts) -> None:
        self._connections = connections
        self._alerts = alerts
        self._search: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    def lost(self, reason: str) -> None:
        """Take the database for gone until it answers."""
        self._alerts.report(ALERT, "critical", f"The database does not answer: {reason}")
        if self._search is None or self._search.done():
            self._search = asyncio.get_running_loop().create_task(self._look_for())

    async def close(self) -> None:
        """Stop looking."""
        self._is_closing.set()
        if self._search is not None:
            await self._search

    async def _look_for(self) -> None:
        while not self._is_closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), RETRY_S)
            if not self._is_closing.is_set() and await self._answers():
                self._alerts.clear(ALERT, "The database answers again.")
                return

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S), self._connections.use() as connection:
                await connection.fetchrow("SELECT 1")
        except _NO_ANSWER:
            return False
        return True
