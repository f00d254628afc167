"""Time-based one-time passwords as RFC 6238 has them: HMAC-SHA-1, 30 seconds, six digits."""

import hashlib
import hmac
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
_TOLERATED_STEPS = 1
"""How far a clock may be off, in either direction."""


def code_at(secret: bytes, step: int) -> str:
    """Compute the code of a time step, which is the Unix time divided by 30."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def accepted_step(secret: bytes, code: str, now_s: float, last_used_step: int) -> int | None:
    """Find the step near now whose code this is; None for a wrong code, and for one that was used before."""
    now = int(now_s) // STEP_S
    for step in range(now - _TOLERATED_STEPS, now + _TOLERATED_STEPS + 1):
        if step > last_used_step and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def spelled(secret: bytes) -> str:
    """Spell a secret as authenticator apps take it."""
    return b32encode(secret).decode()


def provisioning_uri(secret: bytes, account: str, issuer: str) -> str:
    """Write what the QR code of an enrolment holds."""
    query = urlencode({"secret": spelled(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S})
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
