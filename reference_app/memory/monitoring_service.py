"""MemoryMonitoringService: readings at a steady pace, their trend, alerts, and what can be given back."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import psutil

from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.leak_detector import (
    WARM_UP_REQUESTS,
    MemoryLeakDetector,
    Severity,
    SeverityChange,
    Trend,
)
from reference_app.memory.process_reading import MB, MemoryReading, read_process
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.alerts import Severity as AlertSeverity

INTERVAL_S = 20.0
ALERT_MB = 1_000
CRITICAL_MB = 2_000
LEAK, LEVEL = "memory leak", "memory level"
"""The keys of the alerts."""

Level = Literal["normal", "alert", "critical"]

_WORDS: dict[Severity, AlertSeverity] = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryState:
    """What is known of the process's memory now."""

    reading: MemoryReading
    level: Level
    trend: Trend | None
    """None: nobody watches it, or not for long enough."""
    severity: Severity | None
    """None: nobody watches it, or the bytes in use cannot be told here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """What a clean-up gave back."""

    collected_count: int
    """Objects that only cycles kept alive."""
    freed_bytes: int
    """Pages given back; 0 where it has more of them than before."""
    reading: MemoryReading


class MemoryMonitoring(Protocol):
    """Who looks after the memory of one application."""

    async def start(self) -> None:
        """Begin, before the first request."""

    async def stop(self) -> None:
        """End."""

    async def state(self) -> MemoryState:
        """Tell what is known now."""


class MemoryOnDemand:
    """Looks when it is asked, and remembers nothing."""

    def __init__(self, caches: BoundedCaches, *_: object) -> None:
        self._caches = caches

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def state(self) -> MemoryState:
        """Read once."""
        reading = await asyncio.to_thread(read_process, self._caches.held_bytes())
        return MemoryState(reading=reading, level=level_of(reading), trend=None, severity=None)


class MemoryMonitoringService:
    """Reads at a steady pace, and tells each change of severity and level once.

    What only the collector would free is no leak, and how long it waits is chance. So each reading that is
    judged comes after a full collection: a pause of a few milliseconds where the start was frozen.

    Args:
        caches: what fills them is no leak.
        alerts: whom to tell.
        request_count: tells how many requests there were.
        read: takes one reading, given what the caches hold.
        collect: collects garbage.
        clock: seconds that never go back.
        interval_s: from reading to reading.
    """

    def __init__(
        self,
        caches: BoundedCaches,
        alerts: Alerts,
        request_count: Callable[[], int],
        *,
        read: Callable[[int], MemoryReading] = read_process,
        collect: Callable[[], object] = gc.collect,
        clock: Callable[[], float] = time.monotonic,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._caches = caches
        self._alerts = alerts
        self._request_count = request_count
        self._read = read
        self._collect = collect
        self._clock = clock
        self._interval_s = interval_s
        self._detector = MemoryLeakDetector()
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read."""
        self._is_over.clear()
        self._task = asyncio.create_task(self._watch(), name="memory monitoring")

    async def stop(self) -> None:
        """End; a reading under way is waited for."""
        self._is_over.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def state(self) -> MemoryState:
        """Read once, beside the steady pace, and tell the trend with it."""
        reading = await asyncio.to_thread(self._read, self._caches.held_bytes())
        return MemoryState(
            reading=reading,
            level=level_of(reading),
            trend=self._detector.trend,
            severity=None if reading.live_bytes is None else self._detector.severity,
        )

    async def sample(self) -> None:
        """Take one reading of the steady pace."""
        request_count = self._request_count()
        if request_count >= WARM_UP_REQUESTS:
            self._collect()  # here and not in the thread: what it ends may belong to the event loop
        reading, change = await asyncio.to_thread(
            self._read_and_judge, self._caches.held_bytes(), request_count
        )
        if change is not None:
            self._tell_severity(change)
        self._tell_level(reading)

    def _read_and_judge(
        self, cache_bytes: int, request_count: int
    ) -> tuple[MemoryReading, SeverityChange | None]:
        # In the thread, since the slopes of a full window are some milliseconds of arithmetic.
        reading = self._read(cache_bytes)
        return reading, self._detector.add(reading, at_s=self._clock(), request_count=request_count)

    def _tell_severity(self, change: SeverityChange) -> None:
        rate = change.trend.mb_per_hour
        pace = f"{rate.value:.1f} MB an hour ({rate.low:.1f} to {rate.high:.1f})"
        if change.current is Severity.NONE:
            self._alerts.clear(LEAK, f"Memory no longer leaks: {pace}.")
        else:
            self._alerts.report(LEAK, _WORDS[change.current], f"Memory leaks: {pace}.")

    def _tell_level(self, reading: MemoryReading) -> None:
        level, sentence = level_of(reading), f"The process holds {reading.uss_bytes / MB:.0f} MB."
        if level == "normal":
            self._alerts.clear(LEVEL, sentence)
        else:
            self._alerts.report(LEVEL, "critical" if level == "critical" else "high", sentence)

    async def _watch(self) -> None:
        while not self._is_over.is_set():
            try:
                await self.sample()
            except psutil.Error as error:
                logger.warning("Memory could not be read: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._interval_s)


def level_of(reading: MemoryReading) -> Level:
    """Tell how near the process is to what its machine can bear."""
    uss_mb = reading.uss_bytes / MB
    return "critical" if uss_mb >= CRITICAL_MB else "alert" if uss_mb >= ALERT_MB else "normal"


async def clean_up(read: Callable[[], MemoryReading] = read_process) -> CleanUp:
    """Collect garbage and give unused heap back to the system; everything stands still for the collection."""
    before = await asyncio.to_thread(read)
    collected = gc.collect()
    if hasattr(psutil, "heap_trim"):
        await asyncio.to_thread(psutil.heap_trim)
    after = await asyncio.to_thread(read)
    return CleanUp(
        collected_count=collected,
        freed_bytes=max(0, before.uss_bytes - after.uss_bytes),
        reading=after,
    )
