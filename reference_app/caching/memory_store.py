"""Answers kept in this process, in bounded memory."""

import time
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cachebox import LRUCache

from reference_app.caching.store import KeptAnswer
from reference_app.settings import KEPT_ANSWERS_BYTES

VERSION_COUNT = 1 << 16
"""Scopes share this many counters by their hash: two that meet in one only end each other's answers early."""
_OVERHEAD_BYTES = 400
"""Key, entry and list node of an answer, roughly."""


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: KeptAnswer
    ends_at_s: float


class MemoryStore:
    """Least recently used answers go first; those that are over are never given out."""

    def __init__(
        self, max_bytes: int = KEPT_ANSWERS_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._entries: LRUCache[str, _Entry] = LRUCache(max_bytes, getsizeof=_size)
        self._versions = array("Q", bytes(8 * VERSION_COUNT))
        self.max_bytes = max_bytes

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def held_bytes(self) -> int:
        """Tell what the answers take, roughly."""
        return self._entries.current_size()

    async def get(self, key: str) -> KeptAnswer | None:
        """Find an answer that is not over."""
        entry = self._entries.get(key)
        if entry is None or entry.ends_at_s <= self._clock():
            return None
        return entry.answer

    async def put(self, key: str, answer: KeptAnswer, ttl_s: float) -> None:
        """Keep an answer, unless it is larger than a tenth of all memory for them."""
        entry = _Entry(answer, self._clock() + ttl_s)
        if _size(key, entry) <= self.max_bytes // 10:
            self._entries.insert(key, entry)

    async def versions(self, scopes: Sequence[str]) -> tuple[int, ...]:
        """Read the versions of scopes, in their order."""
        counts = self._versions
        return tuple([counts[hash(scope) % VERSION_COUNT] for scope in scopes])

    async def bump(self, scopes: Collection[str]) -> None:
        """Count a change of each scope."""
        self.bump_now(scopes)

    def bump_now(self, scopes: Collection[str]) -> None:
        """Count a change of each scope, for callers that cannot wait."""
        for scope in scopes:
            self._versions[hash(scope) % VERSION_COUNT] += 1

    def bump_all(self) -> None:
        """Count a change of everything: nothing that was kept is asked for again."""
        self._versions = array("Q", [count + 1 for count in self._versions])
        self._entries.clear()


def _size(key: str, entry: _Entry) -> int:
    return len(key) + len(entry.answer.body) + _OVERHEAD_BYTES
