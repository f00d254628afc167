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
from reference_app.middleware.optimized_rate_limiting import standing_refusal
from reference_app.middleware.security_headers import SECURITY_HEADERS
from reference_app.monitoring.layer_times import TIMINGS
from reference_app.scalability.compartments import ANALYTICS, READS, Compartments, class_of
from reference_app.scalability.rate_limiter import MAX_REFUSED, REFUSAL_BYTES
from reference_app.scalability.request_throttler import Entry, RequestClass, RequestThrottler
from reference_app.web.doorway import DEADLINE_HEADER, OVERLOADED, admitted_at_the_door, timeout_of
from reference_app.web.errors import error_response

_MAY_BE_GIVEN_UP = frozenset({READS, ANALYTICS})
"""What changes something is finished once it is begun: half of it may be done at another company."""


class RequestAdmission:
    """Outermost layer: refuses at once who was refused a moment ago, asks for a place and gives it back."""

    name = "request_admission"
    meets: frozenset[Need] = frozenset()

    def __init__(self, parts: LayerParts, compartments: Compartments | None) -> None:
        self._settings = parts.settings
        self._limiter = parts.limiter
        if self._limiter is not None:
            refusals = self._limiter.refusals
            parts.caches.declare(
                "refused callers", lambda: len(refusals) * REFUSAL_BYTES, MAX_REFUSED * REFUSAL_BYTES
            )
        self._compartments = compartments
        self._kinds: dict[web.AbstractRoute, RequestClass | None] = {}

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Start the request, now or when there is room, or tell the caller when to come back."""
        if self._limiter is not None:
            refused = standing_refusal(request, self._limiter, self._settings)
            if refused is not None:
                refused.headers.update(SECURITY_HEADERS)
                return refused
        if self._compartments is None:
            return await handler(request)
        entry = admitted_at_the_door(request)
        if entry is not None:
            # Time in front of the door is part of the answer's, and no work of the layer's own.
            request[TIMINGS].started_s -= entry.started_s - entry.arrived_s
            return await _work(request, handler, self._compartments, entry)
        kind = self._kind(request)
        if kind is None:
            return await handler(request)
        return await self._throttled(request, handler, self._compartments, kind)

    async def _throttled(
        self, request: web.Request, handler: Handler, compartments: Compartments, kind: RequestClass
    ) -> web.StreamResponse:
        throttler, now = compartments.of(kind), compartments.clock()
        timeout_s = timeout_of(request.headers.get(DEADLINE_HEADER, ""))
        entry = throttler.enter(kind, now + timeout_s, _nobody)
        if entry.state == "waiting":
            await _wait(request, throttler, entry, entry.expires_s - now)
        if entry.state != "running":
            return _refusal(throttler, *OVERLOADED)
        return await _work(request, handler, compartments, entry)

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


async def _work(
    request: web.Request, handler: Handler, compartments: Compartments, entry: Entry
) -> web.StreamResponse:
    throttler, told = compartments.of(entry.kind), request.headers.get(DEADLINE_HEADER)
    is_sample = False
    try:
        if told is None or entry.kind not in _MAY_BE_GIVEN_UP:
            response = await handler(request)
        else:
            left_s = entry.arrived_s + timeout_of(told) - compartments.clock()
            response = await _in_time(request, handler, throttler, left_s)
        is_sample = response.status < 500
        return response
    finally:
        throttler.leave(entry, is_sample=is_sample)


async def _in_time(
    request: web.Request, handler: Handler, throttler: RequestThrottler, left_s: float
) -> web.StreamResponse:
    """Give the work up, and the database's with it, when the caller waits no longer."""
    try:
        async with asyncio.timeout(left_s) as patience:
            return await handler(request)
    except TimeoutError:
        if not patience.expired():
            raise
        return _refusal(throttler, "deadline_passed", "It took longer than you said that you would wait.")


async def _wait(request: web.Request, throttler: RequestThrottler, entry: Entry, patience_s: float) -> None:
    started = time.perf_counter()
    woken = asyncio.Event()
    entry.wake = woken.set
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
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


def _nobody() -> None:
    """Stand in for whoever is woken, until somebody has to wait."""


def _refusal(throttler: RequestThrottler, code: str, message: str) -> web.Response:
    response = error_response(OverloadedError(code, message, throttler.retry_after_s()))
    response.headers.update(SECURITY_HEADERS)
    return response
