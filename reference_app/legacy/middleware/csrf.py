"""Layer 11, cross-site request forgery."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.cross_site import require_same_site
from reference_app.middleware.needs import Need


class Csrf:
    """Refuses changes that a page of another site asks for with a browser's cookie."""

    name = "csrf"
    meets: frozenset[Need] = frozenset({"same site"})

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let programs pass, and pages of our own."""
        require_same_site(request)
        return await handler(request)
