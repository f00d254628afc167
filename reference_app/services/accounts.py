"""Log-in and session tokens."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import jwt

from reference_app.domain.errors import UnauthenticatedError
from reference_app.domain.passwords import hash_password, verify_password
from reference_app.domain.people import User
from reference_app.storage.users import Users

_ALGORITHM = "HS256"
_NOBODYS_HASH = hash_password("", bytes(16))
"""Checked when the address is unknown, so that the time taken does not tell which addresses exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A fresh log-in."""

    user: User
    token: str
    expires_at: datetime


class AccountService:
    """Checks passwords and tokens."""

    def __init__(self, users: Users, token_secret: str) -> None:
        self._users = users
        self._token_secret = token_secret

    async def log_in(self, email: str, password: str, user_agent: str) -> Session:
        """Exchange a password for a session token.

        Raises:
            UnauthenticatedError: address or password is wrong; which one is not told.
        """
        user = await self._users.by_email(email)
        stored = user.password_hash if user else _NOBODYS_HASH
        is_right = await asyncio.to_thread(verify_password, password, stored)
        if user is None or not is_right:
            raise UnauthenticatedError("invalid_credentials", "Address or password is wrong.")
        return await self.open_session(user, user_agent)

    async def open_session(
        self, user: User, user_agent: str, *, is_second_factor_verified: bool = False
    ) -> Session:
        """Issue a token for an account whose identity is proven, and record it."""
        expires_at = _end_of_tomorrow()
        await self._users.record_session(user.id, user_agent, expires_at)
        claims = {"sub": str(user.id), "email": user.email, "role": user.role, "exp": expires_at}
        if is_second_factor_verified:
            claims["mfa"] = True
        return Session(
            user=user, token=jwt.encode(claims, self._token_secret, _ALGORITHM), expires_at=expires_at
        )

    def is_second_factor_verified(self, token: str) -> bool:
        """Tell whether the second factor was used for this token; not for one that is no token."""
        try:
            claims = jwt.decode(token, self._token_secret, algorithms=[_ALGORITHM])
        except jwt.InvalidTokenError:
            return False
        return claims.get("mfa") is True

    async def authenticate(self, token: str) -> User:
        """Find the user that a token stands for, as the database knows them now.

        Raises:
            UnauthenticatedError: the token is forged, expired, or its user is gone.
        """
        try:
            claims = jwt.decode(
                token,
                self._token_secret,
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "sub", "email"]},
            )
        except jwt.InvalidTokenError:
            raise _invalid_token() from None
        user = await self._users.by_email(claims["email"])
        if user is None or str(user.id) != claims["sub"]:
            raise _invalid_token()
        return user


def _invalid_token() -> UnauthenticatedError:
    return UnauthenticatedError("invalid_token", "The session token is not valid; log in again.")


def _end_of_tomorrow() -> datetime:
    """When a token expires: the same for a whole day, so that equal log-ins get equal answers."""
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=2), time.min, UTC)
