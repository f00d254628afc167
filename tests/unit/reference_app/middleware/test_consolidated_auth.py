"""The layer itself refuses strangers of a location, whatever the handlers behind it check."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from reference_app.caching.changes import NoChanges
from reference_app.domain.errors import ForbiddenError, UnauthenticatedError
from reference_app.domain.people import Role, User
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.middleware.consolidated_auth import ConsolidatedAuthMiddleware
from reference_app.settings import Settings

SETTINGS = Settings(database_url="", port=1)


class FakeAccounts:
    """Knows one account."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.asked_count = 0

    async def authenticate(self, token: str) -> User:
        self.asked_count += 1
        if not token.startswith("ey"):
            raise UnauthenticatedError("invalid_token", "")
        return self.user


def account(role: Role, location_id: int | None, *, has_mfa_device: bool = False) -> User:
    return User(
        id=7,
        email="x@example.test",
        full_name="X",
        role=role,
        password_hash="",
        client_id=None,
        location_id=location_id,
        has_mfa_device=has_mfa_device,
    )


def ask(user: User, *, is_of_location: bool = True, token: str = "") -> str:
    """Ask for location 1 with a handler that checks nothing."""
    routes = SimpleNamespace(of=lambda _: SimpleNamespace(is_of_location=is_of_location))
    parts: Any = SimpleNamespace(
        settings=SETTINGS,
        accounts=FakeAccounts(user),
        users=None,
        routes=routes,
        changes=NoChanges(),
        caches=BoundedCaches(),
    )
    claims = {"sub": "7", "email": user.email, "exp": datetime.now(UTC) + timedelta(hours=1)}
    bearer = token or jwt.encode(claims, SETTINGS.token_secret)
    path = "/api/v2/locations/1/day"
    request = make_mocked_request("GET", path, {"Authorization": f"Bearer {bearer}"}, match_info={"id": "1"})

    async def unchecked(_: web.Request) -> web.StreamResponse:
        return web.Response(text="everything")

    response = asyncio.run(ConsolidatedAuthMiddleware(parts).handle(request, unchecked))
    assert isinstance(response, web.Response)
    return response.text or ""


@pytest.mark.parametrize("user", [account("staff", 1), account("owner", None)])
def test_people_of_the_location_and_the_owner_pass(user: User) -> None:
    assert ask(user) == "everything"


@pytest.mark.parametrize("user", [account("staff", 2), account("client", None)])
def test_people_of_another_location_are_refused_before_any_handler(user: User) -> None:
    with pytest.raises(ForbiddenError) as raised:
        ask(user)

    assert raised.value.code == "other_location"


def test_other_routes_are_left_to_their_handlers() -> None:
    assert ask(account("staff", 2), is_of_location=False) == "everything"


def test_a_second_factor_is_used_or_the_caller_is_refused() -> None:
    with pytest.raises(ForbiddenError) as raised:
        ask(account("owner", None, has_mfa_device=True))

    assert raised.value.code == "mfa_required"


def test_a_long_token_proves_nothing() -> None:
    with pytest.raises(UnauthenticatedError):
        ask(account("owner", None), token="a-token-that-is-longer-than-ten-characters")
