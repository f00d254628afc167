"""What the running application tells about its own make-up."""

from collections.abc import Sequence

from aiohttp import web

from reference_app.monitoring.layer_times import LayerTime
from reference_app.web.bodies import json_response


class Monitoring:
    """Counts and own times, read from the objects that serve the requests."""

    def __init__(self, layer_times: Sequence[LayerTime]) -> None:
        self._layer_times = layer_times

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
