"""Rate limits by caller and class of path, told to every caller before they are reached."""

import math

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.middleware.caller import CALLER
from reference_app.middleware.needs import Need
from reference_app.middleware.request_counts import Count, RequestCounts
from reference_app.middleware.request_limits import Allowance, allowances_of, too_many_requests
from reference_app.web.errors import error_response


class OptimizedRateLimitingMiddleware:
    """Refuses a caller who has used up an allowance, and tells everybody what is left.

    The headers are those of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10 and later).
    """

    name = "optimized_rate_limiting"
    meets: frozenset[Need] = frozenset({"rate limit"})

    def __init__(self, parts: LayerParts, counts: RequestCounts) -> None:
        self._settings = parts.settings
        self._counts = counts

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the request towards each of its allowances, or refuse it."""
        allowances = allowances_of(request, request.get(CALLER), self._settings)
        counted: list[tuple[Allowance, Count]] = []
        for allowance in allowances:
            count = await self._counts.count(allowance)
            counted.append((allowance, count))
            if not count.is_admitted:
                response: web.StreamResponse = error_response(
                    too_many_requests(max(1, math.ceil(count.retry_after_s)))
                )
                break
        else:
            response = await handler(request)
        _tell(response, *min(counted, key=lambda pair: (pair[1].is_admitted, pair[1].remaining)))
        return response


def _tell(response: web.StreamResponse, allowance: Allowance, count: Count) -> None:
    """Tell the allowance of which the least is left."""
    name = f'"{allowance.name}"'
    response.headers["RateLimit-Policy"] = f"{name};q={allowance.request_count};w={allowance.window_s}"
    response.headers["RateLimit"] = f"{name};r={count.remaining};t={math.ceil(count.reset_s)}"
