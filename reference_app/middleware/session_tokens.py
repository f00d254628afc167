"""Where a request carries its session token: the Authorization header, or a browser's cookie."""

from aiohttp import hdrs, web

from reference_app.domain.errors import UnauthenticatedError

SESSION_COOKIE = "session"


def session_token(request: web.Request) -> str | None:
    """Find the token; the header wins over the cookie.

    Raises:
        UnauthenticatedError: the Authorization header holds something else than a bearer token.
    """
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        return request.cookies.get(SESSION_COOKIE) if hdrs.COOKIE in request.headers else None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.isascii():
        raise UnauthenticatedError("invalid_token", "The Authorization header must hold a bearer token.")
    return token.strip()


def is_cookie_client(request: web.Request) -> bool:
    """Tell whether a browser adds the token by itself, so that another site's page could make it call."""
    return "Authorization" not in request.headers and SESSION_COOKIE in request.cookies
