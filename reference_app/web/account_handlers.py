"""Sessions and second factors."""

from typing import Any

from aiohttp import web

from reference_app.middleware.caller import require_caller
from reference_app.services.accounts import AccountService
from reference_app.services.second_factor import Enrolment, SecondFactorService
from reference_app.web import parsing
from reference_app.web.bodies import json_response, session_body
from reference_app.web.route import Route
from reference_app.web.schema import TEXT, fields, record, text
from reference_app.web.shapes import SESSION


class AccountHandlers:
    """Endpoints for whoever is logged in."""

    def __init__(self, accounts: AccountService, second_factor: SecondFactorService) -> None:
        self._accounts = accounts
        self._second_factor = second_factor

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [
            Route(
                method="POST",
                path="/api/v2/auth/refresh",
                handler=self.refresh,
                summary="Exchange a session token for a fresh one",
                access="signed in",
                answer=SESSION,
            ),
            Route(
                method="POST",
                path="/api/v2/auth/mfa/enrol",
                handler=self.enrol,
                summary="Get the secret for an authenticator app; its first right code makes it a device",
                access="signed in",
                answer=record(secret=TEXT, uri=TEXT),
                refusals=(409,),
            ),
            Route(
                method="POST",
                path="/api/v2/auth/mfa/verify",
                handler=self.verify,
                summary="Exchange a code of an authenticator app for a token that tells so",
                access="signed in",
                body=fields({"code": text(6, 6)}, {"label": text(60)}),
                answer=SESSION,
            ),
        ]

    async def refresh(self, request: web.Request) -> web.Response:
        """Issue a fresh token; what the old one proved, the new one does."""
        user = require_caller(request)
        token = request.headers.get("Authorization", "").partition(" ")[2].strip()
        session = await self._accounts.open_session(
            user,
            parsing.user_agent(request),
            is_second_factor_verified=self._accounts.is_second_factor_verified(token),
        )
        return json_response(session_body(session))

    async def enrol(self, request: web.Request) -> web.Response:
        """Offer a secret."""
        return json_response(_enrolment_body(await self._second_factor.enrol(require_caller(request))))

    async def verify(self, request: web.Request) -> web.Response:
        """Check a code."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        session = await self._second_factor.verify(
            user,
            parsing.body_text(body, "code", 6),
            parsing.body_text(body, "label", 60, default="Authenticator"),
            parsing.user_agent(request),
        )
        return json_response(session_body(session))


def _enrolment_body(enrolment: Enrolment) -> dict[str, Any]:
    return {"secret": enrolment.secret, "uri": enrolment.uri}
