"""ServiceWatch: asks the services how they are, whether or not anybody looks, and tells when that changes."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

from reference_app.scalability.alerts import Alerts
from reference_app.services.registry import ServiceRegistry, ServiceState

INTERVAL_S = 15.0


class ServiceWatch:
    """Raises an alert for each service that is not well, and clears it.

    Args:
        registry: knows the services.
        alerts: whom to tell.
        watched_elsewhere: what to call, with a sentence, for services whose loss and return others tell.
        interval_s: from look to look.
    """

    def __init__(
        self,
        registry: ServiceRegistry,
        alerts: Alerts,
        watched_elsewhere: Mapping[str, Callable[[str], None]],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._registry = registry
        self._alerts = alerts
        self._watched_elsewhere = watched_elsewhere
        self._interval_s = interval_s
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="service watch")

    async def close(self) -> None:
        """End; a look under way is waited for."""
        self._is_over.set()
        if self._task is not None:
            await self._task

    async def look(self) -> Sequence[ServiceState]:
        """Ask the services that live how they are, tell what has changed, and answer their states."""
        await self._registry.check_health()
        states = self._registry.states()
        for state in states:
            self._tell(state)
        return states

    def _tell(self, state: ServiceState) -> None:
        key = f"service {state.name}"
        if state.is_healthy:
            self._alerts.clear(key, "It answers again.")
            return
        sentence = f"It does not answer, or could not start: {state.lifecycle}."
        elsewhere = self._watched_elsewhere.get(state.name)
        if elsewhere is None:
            self._alerts.report(key, "high", sentence)
        else:
            elsewhere(sentence)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._interval_s)
            if self._is_over.is_set():
                return
            await self.look()
