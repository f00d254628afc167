"""What every request body must be, whatever endpoint it is meant for."""

from typing import Any

from aiohttp import web

from reference_app.domain.errors import MalformedError
from reference_app.web.parsing import read_json

MAX_DEPTH = 10
"""No request of this API nests deeper than two."""


async def read_acceptable_body(request: web.Request) -> dict[str, Any] | None:
    """Read the body, if there is one.

    Raises:
        MalformedError: it is no JSON object or nests too deep.
    """
    if not request.body_exists:
        return None
    body = await read_json(request)
    if depth(body) > MAX_DEPTH:
        raise MalformedError("too_deep", f"The body nests deeper than {MAX_DEPTH} levels.")
    return body


def depth(value: object) -> int:
    """Count the levels of a JSON value; a number or text has none."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0
