"""Rate limits by caller and class of path, told to every caller before they are reached."""

import math
from collections.abc import Hashable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import istr

from reference_app.components import LayerParts
from reference_app.domain.errors import TooManyRequestsError, UnauthenticatedError
from reference_app.middleware.caller import CALLER
from reference_app.middleware.needs import Need
from reference_app.middleware.origin import origin_of
from reference_app.middleware.request_counts import Count, Limiter, Refused, RequestCounts
from reference_app.middleware.request_limits import (
    CLASS_LIMITS,
    Allowance,
    allowances_of,
    caller_key,
    path_class,
    too_many_requests,
)
from reference_app.middleware.session_tokens import session_token
from reference_app.settings import TIER_UNDER_WAY, Settings
from reference_app.web.errors import error_response

_POLICY, _LEFT = istr("RateLimit-Policy"), istr("RateLimit")


class OptimizedRateLimitingMiddleware:
    """Refuses a caller who has used up an allowance, and tells everybody what is left.

    The headers are those of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10 and later).
    """

    name = "optimized_rate_limiting"
    meets: frozenset[Need] = frozenset({"rate limit"})

    def __init__(self, parts: LayerParts, counts: RequestCounts) -> None:
        self._settings = parts.settings
        self._limiter = parts.limiter
        self._counts = counts

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the request towards each of its allowances, or refuse it."""
        caller = request.get(CALLER)
        least: tuple[Allowance, Count] | None = None
        for allowance in allowances_of(request, caller, self._settings, self._limiter):
            count = await self._counts.count(allowance)
            if not count.is_admitted:
                return self._refuse(request, allowance, count)
            if least is None or count.remaining < least[1].remaining:
                least = allowance, count
        limiter, tier = self._limiter, self._settings.tier
        if limiter is None or tier is None:
            response = await handler(request)
        else:
            response = await self._under_way(request, handler, limiter, tier)
        if least is not None:
            _tell(response, *least)
        return response

    def _refuse(self, request: web.Request, allowance: Allowance, count: Count) -> web.Response:
        if self._limiter is not None:
            refused = Refused(allowance, count)
            self._limiter.refuse(_door_key(request, allowance), refused, count.retry_after_s)
        return refusal(allowance, count)

    async def _under_way(
        self, request: web.Request, handler: Handler, limiter: Limiter, tier: str
    ) -> web.StreamResponse:
        """Answer the request, unless as many of the caller are under way as the tier allows."""
        who = caller_key(request, request.get(CALLER))
        if not limiter.under_way.enter(who, limiter.adapted(TIER_UNDER_WAY[tier])):
            return error_response(
                TooManyRequestsError(
                    "too_many_at_once", "Too many requests at once; wait for one of them.", 1
                )
            )
        try:
            return await handler(request)
        finally:
            limiter.under_way.leave(who)


def standing_refusal(request: web.Request, limiter: Limiter, settings: Settings) -> web.Response | None:
    """Refuse at the door who was refused a moment ago, with the answer that counting would give."""
    if not len(limiter.refusals):
        return None
    bearer = _bearer(request)
    standing = limiter.refusals.find(bearer)
    if standing is None and settings.tier is not None:
        standing = limiter.refusals.find((bearer, path_class(request.path)))
    if standing is None:
        return None
    limiter.refused_at_door_count += 1
    since_s = limiter.clock() - standing.at_s
    count = standing.refused.count
    later = msgspec.structs.replace(
        count,
        reset_s=max(0.0, count.reset_s - since_s),
        retry_after_s=max(0.0, count.retry_after_s - since_s),
    )
    return refusal(standing.refused.allowance, later)


def refusal(allowance: Allowance, count: Count) -> web.Response:
    """Tell a caller when to come back."""
    response = error_response(too_many_requests(max(1, math.ceil(count.retry_after_s))))
    _tell(response, allowance, count)
    return response


def _door_key(request: web.Request, allowance: Allowance) -> Hashable:
    """Name what a refusal holds for: all of a caller's requests, or those of a class of paths."""
    bearer = _bearer(request)
    return (bearer, allowance.name) if allowance.name in CLASS_LIMITS else bearer


def _bearer(request: web.Request) -> str:
    """Name the caller by what can be seen at the door: the token, unread, or the address."""
    try:
        token = session_token(request)
    except UnauthenticatedError:
        token = None  # for the authentication to refuse
    return f"address {origin_of(request)}" if token is None else token


def _tell(response: web.StreamResponse, allowance: Allowance, count: Count) -> None:
    """Tell the allowance of which the least is left."""
    name = f'"{allowance.name}"'
    headers = response.headers
    headers[_POLICY] = f"{name};q={allowance.request_count};w={allowance.window_s}"
    headers[_LEFT] = f"{name};r={count.remaining};t={math.ceil(count.reset_s)}"
