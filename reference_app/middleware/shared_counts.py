"""Requests counted in Redis: a caller's allowance is one for all instances; alone while it is away."""

from dataclasses import replace

from redis.asyncio import Redis
from throttled.asyncio import RedisStore
from throttled.exceptions import StoreUnavailableError

from reference_app.middleware.request_counts import Count, ThrottledCounts
from reference_app.middleware.request_limits import Allowance
from reference_app.storage.redis_link import REDIS_FAULTS, RedisLink


class SharedCounts:
    """Looks and counts in one script that Redis runs as a whole, however many instances ask at once."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._alone = ThrottledCounts()
        self._shared = None if link.redis is None else ThrottledCounts(_store(link.redis))

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""
        if self._shared is None or not self._link.is_up:
            return await self._alone.count(allowance)
        try:
            named = replace(allowance, key=f"{self._link.namespace} {allowance.key}")
            return await self._shared.count(named)
        except (*REDIS_FAULTS, StoreUnavailableError):
            self._link.lost()
            return await self._alone.count(allowance)


def _store(redis: Redis) -> RedisStore:
    store = RedisStore()
    # It makes a pool of its own unless it is given a client.
    store._backend._client = redis  # type: ignore[assignment]  # noqa: SLF001
    return store
