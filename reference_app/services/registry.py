"""The registry of services: which there are in the running application, and how a request reaches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service as monitoring shows it."""

    name: str
    family: str
    call_count: int


class ServiceRegistry(Protocol):
    """Knows every service object of one application."""

    start_s: float
    """How long the start took."""

    async def start(self) -> None:
        """Make the services ready, before the first request."""

    def front(self, service: T, name: str, family: str) -> T:
        """Register a service of the domain; answer what callers shall use in its place."""

    def states(self) -> Sequence[ServiceState]:
        """List the services that live now."""
