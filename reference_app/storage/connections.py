"""Connections: how the application comes by a database connection, and what waiting for one costs a request.

`ConnectionPerUse` is BEFORE's way; `PooledConnections` is the `connection_pool` optimization. Statements go
through `Connection`, which counts them and their time the same way for both.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias

import asyncpg

from reference_app.failure import StartError
from reference_app.monitoring.request_timings import database_time

Row: TypeAlias = Any
"""An asyncpg record: columns by name. asyncpg ships no types, so what comes out of a row is not checked."""

MAX_CONNECTIONS = 64
"""Below PostgreSQL's default of 100: in a burst, callers wait for a connection and none is refused one."""

STATEMENT_COUNT = 256
"""Prepared statements that a pooled session remembers: more than there are statements in the application."""
STATEMENT_TIMEOUT_S = 30

_CANNOT_OPEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
SESSION_BROKE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
"""What the user of a session meets that ends; the last but one while asyncpg has not noticed it yet."""


class DatabaseUnavailableError(Exception):
    """No session could be opened with the database."""


class Connection:
    """One use of a database session; its statements are counted and timed, and what they change is noted."""

    __slots__ = ("_raw", "changed")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.changed: set[str] = set()
        """The scopes (caching/scopes.py) that this use has changed."""

    def note_change(self, scopes: Iterable[str]) -> None:
        """Note what a statement has changed, so that no kept answer outlives it."""
        self.changed.update(scopes)

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """Run a statement and answer its rows."""
        with database_time():
            rows: list[Row] = await self._raw.fetch(sql, *values)
        return rows

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """Run a statement and answer its first row."""
        with database_time():
            row: Row | None = await self._raw.fetchrow(sql, *values)
        return row

    async def execute(self, sql: str, *values: object) -> None:
        """Run a statement whose rows do not matter."""
        with database_time():
            await self._raw.execute(sql, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit what happens inside, or roll it back when it raises."""
        transaction = self._raw.transaction()
        with database_time():
            await transaction.start()
        try:
            yield
        except BaseException:
            with database_time():
                await transaction.rollback()
            raise
        with database_time():
            await transaction.commit()


class Connections(Protocol):
    """Where connections come from."""

    @property
    def opened_count(self) -> int:
        """Sessions opened with the server since the start."""

    @property
    def size(self) -> int:
        """How many can be lent at once."""

    async def open(self) -> None:
        """Make ready for use."""

    async def close(self) -> None:
        """Close every session."""

    def use(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection for the time of a `with` block."""


class ConnectionPerUse:
    """Open a session for each use and close it afterwards."""

    def __init__(self, database_url: str) -> None:
        self.opened_count = 0
        self._database_url = database_url
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)

    @property
    def size(self) -> int:
        """How many can be lent at once."""
        return MAX_CONNECTIONS

    async def open(self) -> None:
        """Do nothing: sessions are opened when they are needed."""

    async def close(self) -> None:
        """Do nothing: no session outlives its use."""

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """Open a session, lend it, close it."""
        with database_time(statement_count=0):
            await self._free.acquire()
        try:
            raw = await self._connect()
            try:
                yield Connection(raw)
            finally:
                with database_time(statement_count=0):
                    await raw.close()
        finally:
            self._free.release()

    async def _connect(self) -> Any:
        try:
            with database_time(statement_count=0):
                raw = await asyncpg.connect(self._database_url)
        except _CANNOT_OPEN as error:
            raise DatabaseUnavailableError(str(error)) from error
        self.opened_count += 1
        return raw


class PooledConnections:
    """Keep a fixed number of sessions open and lend them in turn, the one that was used last first.

    A returned session is not reset by statements: the application sets nothing on a session, and every
    transaction ends in its own block. One that comes back inside a transaction all the same gets the full
    reset. Statements stay prepared as long as their session lives. One that runs too long is cancelled: a few
    runaways must not hold all sessions. asyncpg's own pool would make a task for each return.
    """

    def __init__(
        self, database_url: str, size: int, statement_timeout_s: float = STATEMENT_TIMEOUT_S
    ) -> None:
        self.opened_count = 0
        self._database_url = database_url
        self._size = size
        self._statement_timeout_s = statement_timeout_s
        self._free = asyncio.Semaphore(size)
        self._idle: list[Any] = []
        """Sessions that nobody uses; one that is missing is opened when it is needed."""
        self._is_closed = False

    @property
    def size(self) -> int:
        """How many can be lent at once."""
        return self._size

    async def open(self) -> None:
        """Open all sessions."""
        self._idle += await asyncio.gather(*(self._connect() for _ in range(self._size)))

    async def close(self) -> None:
        """Close all sessions once they are returned."""
        self._is_closed = True
        for _ in range(self._size):
            await self._free.acquire()
        await asyncio.gather(*(raw.close() for raw in self._idle))
        self._idle.clear()
        self._free = asyncio.Semaphore(self._size)

    def use(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a session, waiting until one is free."""
        return _PooledUse(self)

    async def take(self) -> Any:
        """Wait until a session is free, and take it."""
        with database_time(statement_count=0):
            await self._free.acquire()
        try:
            return await self._session()
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, raw: Any) -> None:
        """Let somebody else have a session."""
        try:
            await self._returned(raw)
        finally:
            self._free.release()

    async def _session(self) -> Any:
        """Take a session, in place of those that have ended since they were used a new one."""
        while self._idle:
            raw = self._idle.pop()
            if not raw.is_closed():
                return raw
        if self._is_closed:
            raise DatabaseUnavailableError("The pool is closed.")
        try:
            with database_time(statement_count=0):
                return await self._connect()
        except _CANNOT_OPEN as error:
            raise DatabaseUnavailableError(str(error)) from error

    async def _returned(self, raw: Any) -> None:
        if raw.is_closed():
            return
        if raw.is_in_transaction():
            try:
                with database_time(statement_count=0):
                    await raw.reset()
            except BaseException:
                raw.terminate()
                raise
        self._idle.append(raw)

    async def _connect(self) -> Any:
        raw = await asyncpg.connect(
            self._database_url,
            statement_cache_size=STATEMENT_COUNT,
            max_cached_statement_lifetime=0,
            server_settings={"statement_timeout": f"{self._statement_timeout_s * 1000:.0f}"},
        )
        self.opened_count += 1
        return raw


class _PooledUse(AbstractAsyncContextManager[Connection]):
    """One use of a session; as a generator it would cost some microseconds more, each time."""

    __slots__ = ("_pool", "_raw")

    def __init__(self, pool: PooledConnections) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        self._raw = await self._pool.take()
        return Connection(self._raw)

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SESSION_BROKE):
            self._raw.terminate()  # so that nobody else gets it
        await self._pool.give_back(self._raw)


async def connect(database_url: str) -> Any:
    """Open one plain asyncpg connection.

    Raises:
        StartError: the database cannot be reached.
    """
    try:
        return await asyncpg.connect(database_url)
    except (*_CANNOT_OPEN, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise StartError(f"The database cannot be reached: {reason}. Check --database-url.") from error
