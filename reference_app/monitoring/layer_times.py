"""Own time of each middleware layer: what it wraps is taken off. The same for all, apart from them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reference_app.middleware.layer import Layer
from reference_app.monitoring.request_timings import RequestTimings

TIMINGS = web.RequestKey("timings", RequestTimings)


@dataclass(slots=True)
class LayerTime:
    """A layer's calls and own time since the start."""

    name: str
    request_count: int = 0
    self_s: float = 0.0


def measured(layers: Sequence[Layer]) -> tuple[list[Middleware], list[LayerTime]]:
    """Wrap each layer so that its own time is added to its request and to its running sum."""
    times = [LayerTime(layer.name) for layer in layers]
    return [_measured(layer, own) for layer, own in zip(layers, times, strict=True)], times


def _measured(layer: Layer, own: LayerTime) -> Middleware:
    @web.middleware
    async def measured_layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        inner_s = 0.0

        async def timed_handler(inner_request: web.Request) -> web.StreamResponse:
            nonlocal inner_s
            started = time.perf_counter()
            try:
                return await handler(inner_request)
            finally:
                inner_s += time.perf_counter() - started

        started = time.perf_counter()
        try:
            return await layer.handle(request, timed_handler)
        finally:
            self_s = time.perf_counter() - started - inner_s
            request[TIMINGS].middleware_s += self_s
            own.self_s += self_s
            own.request_count += 1

    return measured_layer
