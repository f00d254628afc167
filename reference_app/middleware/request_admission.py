"""The door: a request that is not let in costs next to nothing, and one that is let in finds room to work."""

import asyncio
import contextlib
import time

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.domain.errors import OverloadedError
from reference_app.middleware.endpoints import pattern_of
from reference_app.middleware.needs import Need
from reference_app.middleware.security_headers import SECURITY_HEADERS
from reference_app.monitoring.layer_times import TIMINGS
from reference_app.scalability.compartments import Compartments, class_of
from reference_app.scalability.request_throttler import Entry, RequestClass, RequestThrottler
from reference_app.web.errors import error_response

DEADLINE_HEADER = "X-Request-Timeout-Ms"
"""How long the caller will wait for the answer, from now on, in milliseconds."""
DEFAULT_TIMEOUT_S = 10.0
_LONGEST_DIGITS = 7


class RequestAdmission:
    """Outermost of the layers. Asks the throttler of the request's class for a place, and gives it back."""

    name = "request_admission"
    meets: frozenset[Need] = frozenset()

    def __init__(self, parts: LayerParts, compartments: Compartments) -> None:
        self._routes = parts.routes
        self._compartments = compartments
        self._kinds: dict[web.AbstractRoute, RequestClass | None] = {}

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Start the request, now or when there is room, or tell the caller when to come back."""
        kind = self._kind(request)
        if kind is None:
            return await handler(request)
        throttler = self._compartments.of(kind)
        entry = throttler.enter(kind, self._compartments.clock() + _timeout_s(request), _nobody)
        if entry.state == "waiting":
            await self._wait(request, throttler, entry)
        if entry.state != "running":
            return _refusal(throttler)
        is_sample = False
        try:
            response = await handler(request)
            is_sample = response.status < 500
            return response
        finally:
            throttler.leave(entry, is_sample=is_sample)

    async def _wait(self, request: web.Request, throttler: RequestThrottler, entry: Entry) -> None:
        started = time.perf_counter()
        woken = asyncio.Event()
        entry.wake = woken.set
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(entry.expires_s - self._compartments.clock()):
                    await woken.wait()
            throttler.expire(entry)  # nothing, if it was started at the last moment
            if request.transport is None:
                throttler.abandon(entry)  # the caller has hung up
        except asyncio.CancelledError:
            throttler.abandon(entry)
            raise
        finally:
            # Time in the queue is no work of the layer's own.
            request[TIMINGS].inner_s += time.perf_counter() - started

    def _kind(self, request: web.Request) -> RequestClass | None:
        """Find the class of a request's route, which is settled once for each."""
        route = request.match_info.route
        try:
            return self._kinds[route]
        except KeyError:
            kind = class_of(request.method, pattern_of(request) or "")
            if route.resource is not None:
                self._kinds[route] = kind
            return kind


def _nobody() -> None:
    """Stand in for whoever is woken, until somebody has to wait."""


def _timeout_s(request: web.Request) -> float:
    told = request.headers.get(DEADLINE_HEADER, "")
    if told.isascii() and told.isdigit() and len(told) <= _LONGEST_DIGITS:
        return int(told) / 1e3
    return DEFAULT_TIMEOUT_S


def _refusal(throttler: RequestThrottler) -> web.Response:
    response = error_response(
        OverloadedError(
            "overloaded", "Too much is asked at once; try again in a moment.", throttler.retry_after_s()
        )
    )
    response.headers.update(SECURITY_HEADERS)
    return response
