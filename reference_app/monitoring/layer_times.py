"""Own time of each middleware layer: what it wraps is taken off. The same for all, apart from them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reference_app.middleware.layer import Layer
from reference_app.middleware.needs import DeclaredRoutes
from reference_app.monitoring.durations import Durations
from reference_app.monitoring.request_timings import RequestTimings

TIMINGS = web.RequestKey("timings", RequestTimings)


@dataclass(slots=True)
class LayerTime:
    """A layer's calls and own time since the start."""

    name: str
    own: Durations = field(default_factory=Durations)


def every_layer(
    layers: Sequence[Layer],
    times: Sequence[LayerTime],
    declared: DeclaredRoutes,  # noqa: ARG001 - what a route needs is not asked
) -> list[Middleware]:
    """Let every request pass every layer."""
    return [_middleware(layer, own) for layer, own in zip(layers, times, strict=True)]


def step(layer: Layer, own: LayerTime, handler: Handler) -> Handler:
    """Put a layer in front of a handler, so that its own time is added to its request and to its own sums."""
    handle, note, clock = layer.handle, own.own.note, time.perf_counter

    async def timed(request: web.Request) -> web.StreamResponse:
        timings = request[TIMINGS]
        outer_s = timings.inner_s
        timings.inner_s = 0.0
        started = clock()
        try:
            return await handle(request, handler)
        finally:
            total_s = clock() - started
            self_s = total_s - timings.inner_s
            # What the layer around this one must take off: all of this one.
            timings.inner_s = outer_s + total_s
            timings.middleware_s += self_s
            note(self_s)

    return timed


def _middleware(layer: Layer, own: LayerTime) -> Middleware:
    @web.middleware
    async def measured_layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await step(layer, own, handler)(request)

    return measured_layer


@web.middleware
async def take_off(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take what the layers wrap off their own time; stands inside of the innermost."""
    started = time.perf_counter()
    try:
        return await handler(request)
    finally:
        request[TIMINGS].inner_s += time.perf_counter() - started
