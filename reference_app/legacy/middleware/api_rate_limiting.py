"""Layer 10, rate limiting: counts the caller's rows of the last minute in a table that nobody clears."""

from datetime import timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.middleware.caller import CALLER
from reference_app.middleware.needs import Need
from reference_app.middleware.request_limits import allowances_of, too_many_requests


class ApiRateLimiting:
    """Keeps its count in the database, over a connection of its own."""

    name = "api_rate_limiting"
    meets: frozenset[Need] = frozenset({"rate limit"})

    def __init__(self, parts: LayerParts) -> None:
        self._connections = parts.connections
        self._settings = parts.settings
        self._limiter = parts.limiter

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a caller who has used up their minute."""
        allowances = allowances_of(request, request.get(CALLER), self._settings, self._limiter)
        async with self._connections.use() as connection:
            for allowance in allowances:
                rows = await connection.fetch(
                    "SELECT id FROM rate_limit_hits WHERE account = $1 AND created_at > now() - $2::interval",
                    allowance.key,
                    timedelta(seconds=allowance.window_s),
                )
                if len(rows) >= allowance.request_count:
                    raise too_many_requests()
                await connection.execute("INSERT INTO rate_limit_hits (account) VALUES ($1)", allowance.key)
        return await handler(request)
