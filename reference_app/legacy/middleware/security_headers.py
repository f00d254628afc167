"""Layer 12, security headers."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.needs import Need
from reference_app.middleware.security_headers import SECURITY_HEADERS


class SecurityHeaders:
    """Tells browsers what an answer may not do."""

    name = "security_headers"
    meets: frozenset[Need] = frozenset({"security headers"})

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Add the headers, one by one."""
        response = await handler(request)
        for name, value in SECURITY_HEADERS.items():
            if name not in response.headers:
                response.headers[name] = value
        return response
