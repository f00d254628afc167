"""What the running application tells about its own make-up."""

from collections import Counter
from collections.abc import Sequence

from aiohttp import web

from reference_app.domain.people import require_owner
from reference_app.middleware.caller import require_caller
from reference_app.monitoring.layer_times import LayerTime
from reference_app.services.registry import ServiceRegistry
from reference_app.web.bodies import json_response
from reference_app.web.version_one import DEPRECATED_SINCE, SUNSET_AT, VersionOne


class Monitoring:
    """Counts and own times, read from the objects that serve the requests."""

    def __init__(
        self, layer_times: Sequence[LayerTime], registry: ServiceRegistry, version_one: VersionOne
    ) -> None:
        self._layer_times = layer_times
        self._registry = registry
        self._version_one = version_one

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

    async def v1_usage(self, request: web.Request) -> web.Response:
        """List who called which route of version one since the start of this process, most calls first."""
        require_owner(require_caller(request))
        usage = self._version_one.usage()
        other_call_count = self._version_one.other_call_count
        return json_response(
            {
                "is_counted": self._version_one.is_counted,
                "deprecated_since": DEPRECATED_SINCE.isoformat(),
                "sunset_at": SUNSET_AT.isoformat(),
                "call_count": sum(entry.call_count for entry in usage) + other_call_count,
                "other_call_count": other_call_count,
                "calls": [
                    {
                        "account_id": entry.account_id,
                        "address": entry.address,
                        "user_agent": entry.user_agent,
                        "route": entry.route,
                        "call_count": entry.call_count,
                        "last_called_at": entry.last_called_at.isoformat(),
                    }
                    for entry in usage
                ],
            }
        )


def _ms(duration_s: float | None) -> float | None:
    return None if duration_s is None else round(duration_s * 1e3, 4)
