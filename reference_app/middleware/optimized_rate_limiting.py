"""Rate limits counted in memory."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.middleware.caller import CALLER
from reference_app.middleware.request_limits import WINDOW_S, allowance_of, too_many_requests
from reference_app.middleware.sliding_window import SlidingWindow


class OptimizedRateLimitingMiddleware:
    """Refuses a caller who has used up their minute."""

    name = "optimized_rate_limiting"

    def __init__(self, parts: LayerParts) -> None:
        self._settings = parts.settings
        self._window = SlidingWindow(WINDOW_S)

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the request, or refuse it."""
        allowance = allowance_of(request, request.get(CALLER), self._settings)
        if not self._window.admit(allowance.key, allowance.request_count):
            raise too_many_requests()
        return await handler(request)
