"""Addresses that only an attack has. Bodies are free text and not judged by their looks."""

import re

from reference_app.domain.errors import MalformedError

ATTACKS = (
    r"<\s*script",
    r"javascript\s*:",
    r"\bunion\s+(all\s+)?select\b",
    r";\s*drop\s+table\b",
    r"(?:^|[/\\])\.\.(?:[/\\]|$)",
    r"\bor\s+1\s*=\s*1\b",
    r"/etc/passwd",
    r"\$\{jndi:",
)
_ANY_ATTACK = re.compile("|".join(f"(?:{pattern})" for pattern in ATTACKS), re.IGNORECASE)


def require_harmless(address: str) -> None:
    """Raise `MalformedError` for a decoded path and query that hold an attack."""
    if _ANY_ATTACK.search(address):
        raise suspicious()


def suspicious() -> MalformedError:
    """Tell no more than that the address was refused."""
    return MalformedError("suspicious_request", "The address of this request looks like an attack.")
