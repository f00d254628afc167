"""RequestCounts: who has asked how much, counted in this process or in a server that instances share.

The generic cell rate algorithm (GCRA, ITU-T I.371) keeps one moment for each caller: when all of the
allowance is there again. From it follow what is left and when to come back; a sliding window keeps every
request.
"""

import math
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec
from cachebox import LRUCache

from reference_app.middleware.request_limits import Allowance
from reference_app.scalability.rate_limiter import AdvancedRateLimiter

MAX_KEYS = 50_000
"""Callers counted at once; who has not asked for longest is forgotten first."""


class Count(msgspec.Struct, frozen=True):
    """What counting a request gave; one is made for each request, so that its cost matters."""

    is_admitted: bool
    remaining: int
    reset_s: float
    """Until all of the allowance is there again."""
    retry_after_s: float
    """Until the next request would be admitted; 0 when this one was."""


class Refused(msgspec.Struct, frozen=True):
    """A request that was not admitted, and why."""

    allowance: Allowance
    count: Count


Limiter: TypeAlias = AdvancedRateLimiter[Refused]
"""What remembers such refusals."""


class RequestCounts(Protocol):
    """Counts requests; looking and counting are one step, whoever else counts at the same time."""

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""


class MemoryCounts:
    """Counts in this process. Nothing is awaited, so no other request comes between looking and counting."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MAX_KEYS) -> None:
        self._clock = clock
        self._whole_again_s: LRUCache[str, float] = LRUCache(most)

    def __len__(self) -> int:
        return len(self._whole_again_s)

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""
        now = self._clock()
        interval_s = allowance.window_s / allowance.request_count
        whole_again_s = max(now, self._whole_again_s.get(allowance.key, now))
        used_s = whole_again_s - now
        remaining = allowance.burst - 1 + math.floor(-used_s / interval_s)
        if remaining < 0:
            # Of a quota that was lowered, more can be used than there is.
            return Count(False, 0, used_s, used_s - (allowance.burst - 1) * interval_s)
        self._whole_again_s.insert(allowance.key, whole_again_s + interval_s)
        return Count(True, remaining, used_s + interval_s, 0.0)
