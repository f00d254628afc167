"""Where a request comes from: behind a balancer all connections are its own, and it says whose they are."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

_ORIGIN = web.RequestKey("origin", str)


@web.middleware
async def told_by_balancer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Believe the last address of X-Forwarded-For, the balancer's; anybody may write those before."""
    forwarded_for = request.headers.get(hdrs.X_FORWARDED_FOR)
    if forwarded_for is not None:
        request[_ORIGIN] = forwarded_for.rpartition(",")[2].strip()
    return await handler(request)


def origin_of(request: web.Request) -> str:
    """Tell the address that a request came from; empty if that is not known."""
    return request.get(_ORIGIN) or request.remote or ""
