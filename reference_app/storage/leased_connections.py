"""Connections that are lent in turn and for a time: who asks first is first, and nobody waits for ever."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

from reference_app.domain.errors import UnavailableError
from reference_app.monitoring.request_timings import database_time
from reference_app.scalability.leases import AcquisitionTimeoutError, Leases
from reference_app.storage.connections import Connection, Connections


class LeasedConnections:
    """Lends what other connections would, whether they keep sessions or open one for each use."""

    def __init__(self, connections: Connections, leases: Leases) -> None:
        self._connections = connections
        self._leases = leases

    @property
    def opened_count(self) -> int:
        """Sessions opened with the server since the start."""
        return self._connections.opened_count

    @property
    def size(self) -> int:
        """How many can be lent at once."""
        return self._leases.size

    async def open(self) -> None:
        """Make ready for use."""
        await self._connections.open()

    async def close(self) -> None:
        """Close every session."""
        await self._connections.close()

    def use(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection for the time of a `with` block.

        Raises:
            UnavailableError: none became free in time.
        """
        return _LeasedUse(self._leases, self._connections.use())


class _LeasedUse(AbstractAsyncContextManager[Connection]):
    """One use of a lent connection; as a generator it would cost some microseconds more, each time."""

    __slots__ = ("_lease", "_leases", "_use")

    def __init__(self, leases: Leases, use: AbstractAsyncContextManager[Connection]) -> None:
        self._leases = leases
        self._use = use

    async def __aenter__(self) -> Connection:
        try:
            with database_time(statement_count=0):
                self._lease = await self._leases.acquire()
        except AcquisitionTimeoutError:
            raise UnavailableError("database_busy", "The database is busy; try again.") from None
        try:
            return await self._use.__aenter__()
        except BaseException:
            self._lease.end()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            return await self._use.__aexit__(kind, error, trace)
        finally:
            self._lease.end()
