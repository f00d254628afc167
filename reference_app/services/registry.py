"""The registry of services: which there are in the running application, and how a request reaches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from reference_app.caching.changes import Changes
from reference_app.externals.gateway import Gateway
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.loaded_data import LoadedData

T = TypeVar("T")

Lifecycle = Literal["uninitialized", "initializing", "ready", "error", "shutting down", "shut down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What the services stand on; the registry opens and closes it."""

    settings: Settings
    connections: Connections
    gateway: Gateway
    changes: Changes
    loaded: LoadedData


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service as monitoring shows it."""

    name: str
    family: str
    call_count: int | None
    """None for what is used without passing the registry."""
    error_count: int = 0
    """Calls that ended in anything else than a result or a refusal."""
    busy_s: float = 0.0
    """Time of all calls together, waiting included."""
    started_at: datetime | None = None
    """When it became ready; None for what was not made yet."""
    lifecycle: Lifecycle = "ready"
    is_healthy: bool = True


class ServiceRegistry(Protocol):
    """Knows every service object of one application."""

    start_s: float
    """How long the start took."""

    async def start(self) -> None:
        """Make the services ready, before the first request.

        Raises:
            StartError: one of them cannot start; those that had been started are stopped again.
        """

    async def stop(self) -> None:
        """Stop the services in reverse order, after the last request."""

    def front(self, service: T, name: str, family: str) -> T:
        """Register a service of the domain; answer what callers shall use in its place."""

    async def check_health(self) -> None:
        """Ask the services how they are; `states` tells."""

    def states(self) -> Sequence[ServiceState]:
        """List the services that live now."""
