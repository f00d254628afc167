"""Who is calling, and what that caller may do whatever the endpoint: one look at the token, one statement."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.domain.people import User, require_location
from reference_app.middleware.audit import action_of, changes_something
from reference_app.middleware.caller import CALLER
from reference_app.middleware.claims import Claims, read_claims
from reference_app.middleware.cross_site import require_same_site
from reference_app.middleware.endpoints import endpoint_of
from reference_app.middleware.known_callers import KnownCaller, KnownCallers
from reference_app.middleware.needs import Need
from reference_app.middleware.payment_limits import (
    WINDOW_S,
    moved_cents,
    require_amount,
    too_many_moves,
)
from reference_app.middleware.second_factor import require_second_factor
from reference_app.middleware.session_tokens import session_token
from reference_app.middleware.sliding_window import SlidingWindow
from reference_app.web.parsing import read_json


class ConsolidatedAuthMiddleware:
    """Limits on money, authentication, second factor, tenancy, protection of browsers, and the audit trail.

    Tenancy is checked here where the path names a location, and once more where the data is known: by the
    handlers and services, in every variant (domain/people.py).
    """

    name = "consolidated_auth"
    meets: frozenset[Need] = frozenset(
        {"money limits", "known caller", "second factor", "tenancy", "same site", "audit"}
    )

    def __init__(self, parts: LayerParts) -> None:
        self._accounts = parts.accounts
        self._users = parts.users
        self._secret = parts.settings.token_secret
        self._routes = parts.routes
        self._known = KnownCallers(parts.changes)
        self._known.declare_in(parts.caches)
        self._moves = SlidingWindow(WINDOW_S)
        self._max_moves = parts.settings.moves_per_minute

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let anonymous requests pass; handlers ask for a caller where they need one."""
        token = session_token(request)
        if token is not None:
            await self._admit(request, token)
        require_same_site(request)
        response = await handler(request)
        if changes_something(request):
            known = request.get(CALLER)
            await self._users.record_action(known.id if known else None, action_of(request), response.status)
        return response

    async def _admit(self, request: web.Request, token: str) -> None:
        known = await self._known.find(token)
        claims = known.claims if known is not None else read_claims(token, self._secret)
        if claims is not None and changes_something(request) and request.body_exists:
            await self._limit_money(request, claims)
        caller = known.user if known is not None else await self._look_up(token, claims)
        request[CALLER] = caller
        route = self._routes.of(request)
        if route is not None and route.is_of_location:
            require_location(caller, int(request.match_info["id"]))
        if caller.has_mfa_device:
            require_second_factor(
                endpoint_of(request.path),
                has_device=True,
                is_verified=claims is not None and claims.is_second_factor_verified,
            )

    async def _look_up(self, token: str, claims: Claims | None) -> User:
        version = None if claims is None else await self._known.version(claims.user_id)
        user = await self._accounts.authenticate(token)
        if claims is not None:
            self._known.keep(token, KnownCaller(claims, user), version)
        return user

    async def _limit_money(self, request: web.Request, claims: Claims) -> None:
        amount_cents = moved_cents(await read_json(request))
        if amount_cents is not None:
            require_amount(amount_cents)
            if not self._moves.admit(str(claims.user_id), self._max_moves):
                raise too_many_moves()
