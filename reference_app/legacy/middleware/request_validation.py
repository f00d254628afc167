"""Request validation: is the body something that a handler can read at all."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.domain.errors import MalformedError
from reference_app.web.parsing import read_json

MAX_DEPTH = 10
"""No request of this API nests deeper than two."""


class RequestValidation:
    """Reads and parses the whole body to judge it, and throws the result away: handlers parse it again."""

    name = "request_validation"

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a body that is no JSON object or nests too deep."""
        if request.can_read_body and _depth(await read_json(request)) > MAX_DEPTH:
            raise MalformedError("too_deep", f"The body nests deeper than {MAX_DEPTH} levels.")
        return await handler(request)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0
