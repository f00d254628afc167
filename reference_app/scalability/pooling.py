"""Pooling: how scarce things are lent: database connections, and HTTP sessions with external services."""

from typing import Any, Protocol

from reference_app.externals.sessions import OneSession, PooledSessions, Sessions
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.resource_pools import ResourcePoolManager
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.leased_connections import LeasedConnections


class Pooling(Protocol):
    """Decides who may use what, and for how long anybody waits."""

    def connections(self, connections: Connections) -> Connections:
        """Answer what shall be used in place of the application's connections."""

    def sessions(self) -> Sessions:
        """Make the HTTP sessions."""

    def snapshot(self) -> dict[str, Any] | None:
        """Show each pool, as JSON; None where there are none."""


class NoPooling:
    """Everybody waits for as long as it takes, and nobody knows for whom."""

    def connections(self, connections: Connections) -> Connections:
        """Answer them as they are."""
        return connections

    def sessions(self) -> Sessions:
        """Make one session for all."""
        return OneSession()

    def snapshot(self) -> None:
        """Show nothing."""


class ManagedPooling:
    """Lends by a `ResourcePoolManager`. Sessions of the database are kept, or not, by who opens them."""

    def __init__(self, settings: Settings, alerts: Alerts) -> None:
        self._timeout_s = settings.acquisition_timeout_s
        self._manager = ResourcePoolManager(alerts)

    def connections(self, connections: Connections) -> Connections:
        """Lend them in turn, as many as there can be."""
        leases = self._manager.leases("database", connections.size, self._timeout_s)
        return LeasedConnections(connections, leases)

    def sessions(self) -> Sessions:
        """Make a pool for each service."""
        return PooledSessions(self._manager)

    def snapshot(self) -> dict[str, Any]:
        """Show each pool, as JSON."""
        return self._manager.snapshot()
