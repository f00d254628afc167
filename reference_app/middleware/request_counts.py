"""RequestCounts: who has asked how much, counted in this process or in a server that instances share.

The generic cell rate algorithm (GCRA, as of ATM networks) keeps one moment for each caller, from which follow
what is left and when to come back; a sliding window keeps every request.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from throttled.asyncio import BaseStore, MemoryStore, RateLimiterType, Throttled, per_duration

from reference_app.middleware.request_limits import Allowance
from reference_app.scalability.rate_limiter import AdvancedRateLimiter

MAX_KEYS = 50_000
"""Callers counted at once; who has not asked for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Count:
    """What counting a request gave."""

    is_admitted: bool
    remaining: int
    reset_s: float
    """Until all of the allowance is there again."""
    retry_after_s: float
    """Until the next request would be admitted; 0 when this one was."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not admitted, and why."""

    allowance: Allowance
    count: Count


Limiter: TypeAlias = AdvancedRateLimiter[Refused]
"""What remembers such refusals."""


class RequestCounts(Protocol):
    """Counts requests; looking and counting are one step, whoever else counts at the same time."""

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""


class ThrottledCounts:
    """Counts with throttled-py, in any store of its; 4 to 5 us a count in this process."""

    def __init__(self, store: BaseStore | None = None) -> None:
        self._store = store or MemoryStore(options={"MAX_SIZE": MAX_KEYS})
        self._limiters: dict[tuple[int, int, int], Throttled] = {}

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""
        result = await self._limiter(allowance).limit(allowance.key)
        state = result.state
        return Count(
            is_admitted=not result.limited,
            remaining=state.remaining,
            reset_s=state.reset_after,
            retry_after_s=state.retry_after,
        )

    def _limiter(self, allowance: Allowance) -> Throttled:
        """Find the limiter of these numbers; there are as many as there are limits, not callers."""
        numbers = (allowance.request_count, allowance.window_s, allowance.burst)
        limiter = self._limiters.get(numbers)
        if limiter is None:
            count, window_s, burst = numbers
            quota = per_duration(timedelta(seconds=window_s), limit=count, burst=burst)
            limiter = self._limiters[numbers] = Throttled(
                using=RateLimiterType.GCRA.value, quota=quota, store=self._store
            )
        return limiter
