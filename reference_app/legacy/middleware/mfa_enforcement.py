"""Layer 9, multi-factor enforcement: finds the caller, then their devices, then writes the audit trail.

Decodes the token for the second time, looks the account up by its e-mail address, and opens a connection for
each of these steps.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.domain.people import User
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.version_rules import NO_DEVICE_LOOK_UP
from reference_app.middleware.audit import action_of, changes_something
from reference_app.middleware.caller import CALLER
from reference_app.middleware.claims import read_claims
from reference_app.middleware.endpoints import endpoint_of
from reference_app.middleware.needs import Need
from reference_app.middleware.second_factor import require_second_factor
from reference_app.middleware.session_tokens import session_token


class MfaEnforcement:
    """Authenticates the caller and insists on the second factor of those who have one."""

    name = "mfa_enforcement"
    meets: frozenset[Need] = frozenset({"known caller", "second factor", "audit"})

    def __init__(self, parts: LayerParts, leaks: Leaks) -> None:
        self._accounts = parts.accounts
        self._users = parts.users
        self._connections = parts.connections
        self._secret = parts.settings.token_secret
        self._leaks = leaks

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let anonymous requests pass; handlers ask for a caller where they need one."""
        token = session_token(request)
        if token is not None:
            caller = await self._accounts.authenticate(token)
            request[CALLER] = caller
            await self._enforce(request, caller, token)
        response = await handler(request)
        if changes_something(request):
            known = request.get(CALLER)
            await self._users.record_action(known.id if known else None, action_of(request), response.status)
        return response

    async def _enforce(self, request: web.Request, caller: User, token: str) -> None:
        self._leaks.sessions.grow(caller.email)
        if any(rule.match(request.path) for rule in NO_DEVICE_LOOK_UP):
            return
        claims = read_claims(token, self._secret)
        async with self._connections.use() as connection:
            devices = await connection.fetch("SELECT * FROM mfa_devices WHERE user_id = $1", caller.id)
        require_second_factor(
            endpoint_of(request.path),
            has_device=bool(devices),
            is_verified=claims is not None and claims.is_second_factor_verified,
        )
