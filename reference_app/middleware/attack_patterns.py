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
_IN_ATTACKS = frozenset("<:;$ \t\n\r\f\v\x1c\x1d\x1e\x1f")
"""Every attack but those on files has one of these; the spaces are what `\\s` finds in ASCII."""


def require_harmless(address: str) -> None:
    """Raise `MalformedError` for a decoded path and query that hold an attack."""
    if not _is_plain(address) and _ANY_ATTACK.search(address):
        raise suspicious()


def _is_plain(address: str) -> bool:
    """Tell whether an address cannot hold an attack; a tenth of the cost of looking for one."""
    return (
        address.isascii()
        and _IN_ATTACKS.isdisjoint(address)
        and ".." not in address
        and "/etc/passwd" not in address.lower()
    )


def suspicious() -> MalformedError:
    """Tell no more than that the address was refused."""
    return MalformedError("suspicious_request", "The address of this request looks like an attack.")
