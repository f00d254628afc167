"""Requests counted in Redis: a caller's allowance is one for all instances; alone while it is away."""

from redis.asyncio import Redis

from reference_app.middleware.request_counts import Count, MemoryCounts
from reference_app.middleware.request_limits import Allowance
from reference_app.storage.redis_link import REDIS_FAULTS, RedisLink

# As MemoryCounts, in microseconds of the server's clock, which are whole numbers that Lua holds exactly.
_COUNT = """
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local whole_again = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local used = whole_again - now
local remaining = burst - 1 + math.floor(-used / interval)
if remaining < 0 then
    return {0, 0, math.ceil(used), math.ceil(used - (burst - 1) * interval)}
end
local used_now = used + interval
redis.call('SET', KEYS[1], string.format('%.3f', now + used_now), 'PX', math.ceil(used_now / 1000))
return {1, remaining, math.ceil(used_now), 0}
"""


class RedisCounts:
    """Looks and counts in one script that Redis runs as a whole, however many instances ask at once."""

    def __init__(self, redis: Redis, namespace: str) -> None:
        self._namespace = namespace
        self._script = redis.register_script(_COUNT)

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing; raise one of `REDIS_FAULTS` if Redis is away."""
        interval_us = allowance.window_s * 1e6 / allowance.request_count
        key = f"{self._namespace} allowance {allowance.key}"
        admitted, remaining, reset_us, retry_after_us = await self._script(
            [key], [interval_us, allowance.burst]
        )
        return Count(admitted == 1, remaining, reset_us / 1e6, retry_after_us / 1e6)


class SharedCounts:
    """Counts in Redis while it answers, and in this process while it does not or there is none."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._alone = MemoryCounts()
        self._shared = None if link.redis is None else RedisCounts(link.redis, link.namespace)

    async def count(self, allowance: Allowance) -> Count:
        """Count a request, or refuse it and count nothing."""
        if self._shared is None or not self._link.is_up:
            return await self._alone.count(allowance)
        try:
            return await self._shared.count(allowance)
        except REDIS_FAULTS:
            self._link.lost()
            return await self._alone.count(allowance)
