"""HTTP sessions: on which connections other companies' servers are asked."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import aiohttp

from reference_app.externals.stub import SERVICES
from reference_app.scalability.resource_pools import ResourcePool, ResourcePoolManager

TIMEOUT_S = 10.0
SESSIONS_PER_SERVICE = 16
"""A service that answers in 100 ms is asked 160 times a second by them."""
ACQUISITION_TIMEOUT_S = 1.0
TTL_S = 300.0
"""A service that has moved to other addresses is found again."""


class Sessions(Protocol):
    """Where sessions come from."""

    async def open(self) -> None:
        """Make ready for use."""

    async def close(self) -> None:
        """Close every session."""

    def use(self, service: str) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """Lend a session for one call of a service."""


class OneSession:
    """One session for all services, on the hundred connections that aiohttp allows it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready for use."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def use(self, service: str) -> AsyncIterator[aiohttp.ClientSession]:  # noqa: ARG002 - one for all
        """Lend the session to whoever asks."""
        if self._session is None:
            raise RuntimeError("the gateway is not open")
        yield self._session


class PooledSessions:
    """A pool for each service, each of its sessions with one connection: no service holds another's."""

    def __init__(self, manager: ResourcePoolManager) -> None:
        self._manager = manager
        self._pools: dict[str, ResourcePool[aiohttp.ClientSession]] = {
            service: manager.pool(
                service,
                _SingleConnections(),
                size=SESSIONS_PER_SERVICE,
                timeout_s=ACQUISITION_TIMEOUT_S,
                ttl_s=TTL_S,
            )
            for service in SERVICES
        }

    async def open(self) -> None:
        """Do nothing: sessions are made when they are needed."""

    async def close(self) -> None:
        """Close every session."""
        await self._manager.close()

    def use(self, service: str) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """Lend a session of the service's own.

        Raises:
            AcquisitionTimeoutError: all were in use for too long.
        """
        return self._pools[service].use()


class _SingleConnections:
    """Makes sessions of one connection each."""

    async def make(self) -> aiohttp.ClientSession:
        """Make a session; it connects when it is used."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1), timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
        )

    async def end(self, thing: aiohttp.ClientSession) -> None:
        """Close a session and its connection."""
        await thing.close()

    async def is_healthy(self, thing: aiohttp.ClientSession) -> bool:
        """Look whether a session is open; a connection that the server has closed is replaced by aiohttp."""
        return not thing.closed
