"""CacheStore: where answers are kept, and the versions that bring them to an end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it goes out: bytes, and what tells them from any others."""

    body: bytes
    etag: str
    """A strong entity tag, quotes included."""


class CacheStore(Protocol):
    """Keeps answers and counts versions: in this process, or in a server that instances share.

    A version counts the changes of a scope. Answers are kept under keys that hold the versions of all they
    depend on, read *before* the query: after a change no key of before is asked for again.
    """

    async def get(self, key: str) -> KeptAnswer | None:
        """Find an answer that is not over."""

    async def put(self, key: str, answer: KeptAnswer, ttl_s: float) -> None:
        """Keep an answer; another one may have to go for it."""

    async def versions(self, scopes: Sequence[str]) -> tuple[int, ...]:
        """Read the versions of scopes, in their order."""

    async def bump(self, scopes: Collection[str]) -> None:
        """Count a change of each scope: all that was kept about them is over."""
