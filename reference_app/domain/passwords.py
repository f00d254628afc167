"""Password hashes: scrypt, written as `scrypt$n$r$p$salt$hash` with hexadecimal salt and hash."""

import hashlib
import hmac

COST_N, COST_R, COST_P = 4096, 6, 1
"""About 5 ms on a present core: enough to be real work, not so much that log-ins hide everything else."""


def hash_password(password: str, salt: bytes) -> str:
    """Hash a password with the cost that new accounts get."""
    digest = _derive(password, salt, COST_N, COST_R, COST_P)
    return f"scrypt${COST_N}${COST_R}${COST_P}${salt.hex()}${digest.hex()}"


def verify_password(password: str, stored: str) -> bool:
    """Tell whether the password is the one that was hashed; takes as long for a wrong one."""
    _, n, r, p, salt, digest = stored.split("$")
    derived = _derive(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, bytes.fromhex(digest))


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32)
