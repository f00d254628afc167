"""ResourcePoolManager: what is expensive to make is lent in turn, checked before, and replaced in time."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reference_app.scalability.alerts import Alerts
from reference_app.scalability.leases import Leases, ended

T = TypeVar("T")


class Source(Protocol[T]):
    """How a pool comes by what it lends."""

    async def make(self) -> T:
        """Make one."""

    async def end(self, thing: T) -> None:
        """End one that is not lent again."""

    async def is_healthy(self, thing: T) -> bool:
        """Look whether one can be lent."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """Something that is lent again, and when it was made."""

    thing: T
    made_s: float


class ResourcePool(Generic[T]):
    """Lends up to `size` things at once; each is lent again until it is unhealthy or older than `ttl_s`.

    What was in use when a block ended by an exception is not lent again: nobody knows in what state it is.
    """

    def __init__(
        self, source: Source[T], leases: Leases, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._leases = leases
        self._ttl_s = ttl_s
        self._clock = clock
        self._kept: list[_Kept[T]] = []
        self._is_closed = False
        self._made_count = 0
        self._ended_counts = dict.fromkeys(("expired", "unhealthy", "in_doubt", "closed"), 0)

    @asynccontextmanager
    async def use(self) -> AsyncIterator[T]:
        """Lend one for the time of a `with` block.

        Raises:
            AcquisitionTimeoutError: none became free in time.
        """
        with ended(await self._leases.acquire()):
            kept = await self._find()
            try:
                yield kept.thing
            except BaseException:
                await self._end(kept, "in_doubt")
                raise
            if self._is_closed:
                await self._end(kept, "closed")
            else:
                self._kept.append(kept)

    async def close(self) -> None:
        """End all that are not lent; the others end when they are returned."""
        self._is_closed = True
        while self._kept:
            await self._end(self._kept.pop(), "closed")

    def snapshot(self) -> dict[str, Any]:
        """Show what there is, who holds what, and counts since the start, as JSON."""
        return {
            **self._leases.snapshot(),
            "kept_count": len(self._kept),
            "made_count": self._made_count,
            **{f"{reason}_count": count for reason, count in self._ended_counts.items()},
        }

    async def _find(self) -> _Kept[T]:
        """Take the one that was used last, so that those that are not needed grow old; or make one."""
        while self._kept:
            kept = self._kept.pop()
            if self._clock() - kept.made_s >= self._ttl_s:
                await self._end(kept, "expired")
            elif await self._is_healthy(kept):
                return kept
        thing = await self._source.make()
        self._made_count += 1
        return _Kept(thing, self._clock())

    async def _is_healthy(self, kept: _Kept[T]) -> bool:
        is_healthy = False
        try:
            is_healthy = await self._source.is_healthy(kept.thing)
        finally:
            if not is_healthy:
                await self._end(kept, "unhealthy")
        return is_healthy

    async def _end(self, kept: _Kept[T], reason: str) -> None:
        self._ended_counts[reason] += 1
        await self._source.end(kept.thing)


class ResourcePoolManager:
    """Knows every pool by its name, alerts when one has nothing left to lend, and tells who holds what."""

    def __init__(self, alerts: Alerts, clock: Callable[[], float] = time.monotonic) -> None:
        self._alerts = alerts
        self._clock = clock
        self._shown: dict[str, Callable[[], dict[str, Any]]] = {}
        self._pools: list[ResourcePool[Any]] = []

    def leases(self, name: str, size: int, timeout_s: float) -> Leases:
        """Manage who may use something that others make and keep."""
        key = f"pool {name}"
        leases = Leases(
            name,
            size,
            timeout_s,
            clock=self._clock,
            on_starved=lambda sentence: self._alerts.report(key, "high", sentence),
            on_served=lambda: self._alerts.clear(key, "There is a free one again, and nobody waits."),
        )
        self._shown[name] = leases.snapshot
        return leases

    def pool(
        self, name: str, source: Source[T], *, size: int, timeout_s: float, ttl_s: float
    ) -> ResourcePool[T]:
        """Make a pool."""
        pool = ResourcePool(source, self.leases(name, size, timeout_s), ttl_s, self._clock)
        self._shown[name] = pool.snapshot
        self._pools.append(pool)
        return pool

    async def close(self) -> None:
        """Close every pool."""
        for pool in self._pools:
            await pool.close()

    def snapshot(self) -> dict[str, Any]:
        """Show each pool, as JSON."""
        return {name: show() for name, show in self._shown.items()}
