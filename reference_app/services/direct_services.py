"""The services of the domain and no others: each is called directly."""

from collections.abc import Sequence

from reference_app.services.registry import ServiceState, T


class DirectServices:
    """Holds what was registered, and stands in nobody's way."""

    def __init__(self) -> None:
        self.start_s = 0.0
        self._services: dict[str, tuple[str, object]] = {}

    async def start(self) -> None:
        """Do nothing: the services have no state to load."""

    def front(self, service: T, name: str, family: str) -> T:
        """Register the service and answer it."""
        self._services[name] = (family, service)
        return service

    def states(self) -> Sequence[ServiceState]:
        """List the services; calls do not pass here, so none are counted."""
        return [
            ServiceState(name=name, family=family, call_count=0)
            for name, (family, _) in self._services.items()
        ]
