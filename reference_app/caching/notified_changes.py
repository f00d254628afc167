"""Changes over PostgreSQL's NOTIFY: each instance keeps its own answers and hears what the others change."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Collection
from typing import Any

import asyncpg

from reference_app.caching.memory_store import MemoryStore
from reference_app.caching.store import CacheStore
from reference_app.failure import StartError
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.storage.connections import Connection, connect

CHANNEL = "kpibench_changes"
RETRY_S = 1.0
"""How long after a failed attempt to listen again a request may make the next one."""
_LOG = logging.getLogger(__name__)


class NotifiedChanges:
    """A connection that listens. While there is none, no answer is kept: a change might be missed.

    This instance's own writes end its answers before the writer is answered. Another instance hears of them
    within the time of a notification, a fraction of a millisecond on an idle machine.
    """

    def __init__(self, database_url: str, store: MemoryStore) -> None:
        self._database_url = database_url
        self._memory = store
        self._instance = secrets.token_hex(8)
        self._listener: Any = None
        self._retry: asyncio.Task[None] | None = None
        self._is_closing = False
        self._next_attempt_s = 0.0

    @property
    def store(self) -> CacheStore | None:
        """Where answers may be kept; nothing while nobody listens, and then somebody is sent for."""
        if self._listener is None:
            self._send_for_listener()
            return None
        return self._memory

    def declare_in(self, caches: BoundedCaches) -> None:
        """Say which bounded memory the kept answers take."""
        caches.declare("kept answers", lambda: self._memory.held_bytes, self._memory.max_bytes)

    async def open(self) -> None:
        """Begin to listen."""
        await self._listen()

    async def close(self) -> None:
        """Stop listening."""
        self._is_closing = True
        if self._retry is not None:
            self._retry.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._retry
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()

    async def announce(self, connection: Connection, scopes: Collection[str]) -> None:
        """Notify the others when, and only when, the transaction commits."""
        if scopes:
            message = f"{self._instance} {' '.join(sorted(scopes))}"
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, message)

    async def apply(self, scopes: Collection[str]) -> None:
        """End the answers of this instance."""
        await self._memory.bump(scopes)

    async def _listen(self) -> None:
        listener = await connect(self._database_url)
        await listener.add_listener(CHANNEL, self._heard)
        listener.add_termination_listener(self._lost)
        self._memory.bump_all()
        self._listener = listener

    def _heard(self, _connection: object, _pid: int, _channel: str, message: object) -> None:
        sender, *scopes = str(message).split(" ")
        if sender != self._instance:
            self._memory.bump_now(scopes)

    def _lost(self, _: object) -> None:
        self._listener = None
        if not self._is_closing:
            _LOG.warning("the connection that hears of changes is lost: no answer is kept until it is back")

    def _send_for_listener(self) -> None:
        is_under_way = self._retry is not None and not self._retry.done()
        if not is_under_way and not self._is_closing and time.monotonic() >= self._next_attempt_s:
            self._retry = asyncio.get_running_loop().create_task(self._listen_again())

    async def _listen_again(self) -> None:
        try:
            await self._listen()
        except (StartError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._next_attempt_s = time.monotonic() + RETRY_S
