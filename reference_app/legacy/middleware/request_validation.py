"""Layer 6, request validation: is the body something that a handler can read at all."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.body_rules import read_acceptable_body
from reference_app.middleware.needs import Need


class RequestValidation:
    """Reads and parses the whole body to judge it, and throws the result away: others parse it again."""

    name = "request_validation"
    meets: frozenset[Need] = frozenset({"sound body"})

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a body that is no JSON object or nests too deep."""
        await read_acceptable_body(request)
        return await handler(request)
