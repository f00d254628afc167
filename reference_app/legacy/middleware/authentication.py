"""Authentication: who is asking."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.domain.errors import UnauthenticatedError
from reference_app.middleware.caller import CALLER
from reference_app.services.accounts import AccountService


class Authentication:
    """Checks a session token wherever one is sent, and loads its user from the database each time."""

    name = "authentication"

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let anonymous requests pass; handlers ask for a caller where they need one."""
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                raise UnauthenticatedError(
                    "invalid_token", "The Authorization header must hold a bearer token."
                )
            request[CALLER] = await self._accounts.authenticate(token.strip())
        return await handler(request)
