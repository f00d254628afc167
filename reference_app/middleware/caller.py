"""The user on whose behalf a request is made, as the authentication layer found them."""

from aiohttp import web

from reference_app.domain.errors import UnauthenticatedError
from reference_app.domain.people import User

CALLER = web.RequestKey("caller", User)


def require_caller(request: web.Request) -> User:
    """Answer who is asking; raise `UnauthenticatedError` for an anonymous request."""
    user: User | None = request.get(CALLER)
    if user is None:
        raise UnauthenticatedError("log_in_first", "This needs a session token; log in first.")
    return user
