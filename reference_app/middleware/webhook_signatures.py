"""Calls of external services must carry the HMAC of their body, made with the provider's secret."""

import hashlib
import hmac

from aiohttp import web

from reference_app.domain.errors import UnauthenticatedError

PROVIDERS = ("payments", "email", "sms", "calendar", "ads")
SIGNATURE_HEADER = "X-Webhook-Signature"
_SEGMENT = "/webhooks/"


def called_provider(path: str) -> str | None:
    """Name the provider whose webhook the path is, or nothing for any other path."""
    if _SEGMENT not in path:
        return None
    return path.partition(_SEGMENT)[2].partition("/")[0]


def provider_secret(token_secret: str, provider: str) -> bytes:
    """Derive a provider's secret from the application's."""
    return hmac.digest(token_secret.encode(), f"webhook:{provider}".encode(), hashlib.sha256)


def sign(secret: bytes, body: bytes) -> str:
    """Make the value of the signature header."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


async def require_signature(request: web.Request, secret: bytes | None) -> None:
    """Raise `UnauthenticatedError` unless the body was signed with the secret; nobody knows a missing one."""
    given = request.headers.get(SIGNATURE_HEADER, "").encode(errors="surrogateescape")
    if secret is None or not hmac.compare_digest(given, sign(secret, await request.read()).encode()):
        raise UnauthenticatedError("invalid_signature", "The webhook's signature is not valid.")
