"""What the running application tells about its own make-up."""

from collections import Counter
from collections.abc import Sequence

from aiohttp import web

from reference_app.monitoring.layer_times import LayerTime
from reference_app.services.registry import ServiceRegistry
from reference_app.web.bodies import json_response


class Monitoring:
    """Counts and own times, read from the objects that serve the requests."""

    def __init__(self, layer_times: Sequence[LayerTime], registry: ServiceRegistry) -> None:
        self._layer_times = layer_times
        self._registry = registry

    async def middleware(self, _: web.Request) -> web.Response:
        """List the middleware layers, outermost first, with their own time since the start."""
        layers = [
            {
                "name": layer.name,
                "request_count": layer.request_count,
                "self_ms": round(layer.self_s * 1e3, 3),
            }
            for layer in self._layer_times
        ]
        return json_response({"layers": layers})

    async def services(self, _: web.Request) -> web.Response:
        """Count the services that live now, by family, and tell how often each was called."""
        states = self._registry.states()
        return json_response(
            {
                "total_services": len(states),
                "families": dict(Counter(state.family for state in states)),
                "start_ms": round(self._registry.start_s * 1e3, 3),
                "services": [
                    {"name": state.name, "family": state.family, "call_count": state.call_count}
                    for state in states
                ],
            }
        )
