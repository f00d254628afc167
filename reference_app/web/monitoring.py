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
        """List the middleware layers, outermost first, with their own time.

        `self_ms` sums up all calls since the start; the percentiles are of each layer's newest calls.
        """
        layers = [
            {
                "name": layer.name,
                "request_count": layer.request_count,
                "self_ms": round(layer.self_s * 1e3, 3),
                **{f"p{percent}_ms": _ms(layer.percentile_s(percent / 100)) for percent in (50, 95, 99)},
            }
            for layer in self._layer_times
        ]
        return json_response({"layers": layers})

    async def services(self, _: web.Request) -> web.Response:
        """Count the services that live now, by family, and tell how each of them does."""
        await self._registry.check_health()
        states = self._registry.states()
        return json_response(
            {
                "total_services": len(states),
                "families": dict(Counter(state.family for state in states)),
                "start_ms": round(self._registry.start_s * 1e3, 3),
                "services": [
                    {
                        "name": state.name,
                        "family": state.family,
                        "lifecycle": state.lifecycle,
                        "is_healthy": state.is_healthy,
                        "call_count": state.call_count,
                        "error_count": state.error_count,
                        "busy_ms": round(state.busy_s * 1e3, 3),
                    }
                    for state in states
                ],
            }
        )


def _ms(duration_s: float | None) -> float | None:
    return None if duration_s is None else round(duration_s * 1e3, 4)
