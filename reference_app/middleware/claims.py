"""What a session token claims about its bearer, before anybody has looked the account up."""

from dataclasses import dataclass

import jwt

_REQUIRED = ["exp", "sub", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The signed content of a token."""

    user_id: int
    email: str
    is_second_factor_verified: bool
    expires_at_s: float
    """Since the epoch."""


def read_claims(token: str, secret: str) -> Claims | None:
    """Decode a token; nothing when it is forged or expired, which the authentication will tell the caller."""
    try:
        content = jwt.decode(token, secret, algorithms=["HS256"], options={"require": _REQUIRED})
        return Claims(
            user_id=int(content["sub"]),
            email=str(content["email"]),
            is_second_factor_verified=content.get("mfa") is True,
            expires_at_s=float(content["exp"]),
        )
    except (jwt.InvalidTokenError, ValueError):
        return None
