"""Names the lines and containers that grow: on demand, since it makes the server several times slower."""

import asyncio
import contextlib
import gc
import tracemalloc
from collections import Counter
from dataclasses import dataclass

from reference_app.monitoring import kpibench_memory

SETTLING = 1 / 3
"""So much of a trace goes by before its lines are looked at: what is replaced all the time is known then."""
MOST_NAMED = 10
_OURS = (__file__, kpibench_memory.__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownLine:
    """A line, and what it allocated while lines were looked at that was still there at the end."""

    place: str
    """`file.py:46`."""
    kept_bytes: int
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownContainer:
    """A container that had more entries after the trace than before."""

    name: str
    """`module.Class.attribute`, `module.NAME` or `cache of module.function`."""
    added_count: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What grew, the most first, at most MOST_NAMED of each."""

    lines: tuple[GrownLine, ...]
    containers: tuple[GrownContainer, ...]


class AllocationTrace:
    """One trace at a time, which ends by itself; while none is on, it costs nothing.

    Before and after it the server stops for as long as it takes to walk over all objects: a second, roughly.
    """

    def __init__(self) -> None:
        self.growth: Growth | None = None
        """What the last trace found; None before any has ended."""
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether allocations are traced now."""
        return self._task is not None and not self._task.done()

    def begin(self, duration_s: float) -> None:
        """Trace for a time; a trace that is on goes on."""
        if not self.is_on:
            self._is_over.clear()
            self._task = asyncio.create_task(self._trace(duration_s), name="allocation trace")

    async def close(self) -> None:
        """End a trace before its time, without a result."""
        self._is_over.set()
        if self._task is not None:
            await self._task

    async def _trace(self, duration_s: float) -> None:
        lengths = _lengths()
        lines = await self._traced_lines(duration_s)
        if lines is not None:
            # A walk over all objects takes several times as long while allocations are traced.
            self.growth = Growth(lines=lines, containers=_grown_containers(lengths, _lengths()))

    async def _traced_lines(self, duration_s: float) -> tuple[GrownLine, ...] | None:
        """Trace; answer None if the trace was closed before its time."""
        was_on = tracemalloc.is_tracing()
        if not was_on:
            tracemalloc.start(kpibench_memory.FRAMES)
        try:
            if not await self._goes_by(SETTLING * duration_s):
                return None
            first = _sites()
            if not await self._goes_by((1 - SETTLING) * duration_s):
                return None
            return _grown_lines(first, _sites())
        finally:
            if not was_on:
                tracemalloc.stop()

    async def _goes_by(self, duration_s: float) -> bool:
        """Wait; answer whether the time went by undisturbed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), duration_s)
        return not self._is_over.is_set()


@dataclass(frozen=True, slots=True)
class _Sites:
    """Bytes and blocks by line."""

    sizes: Counter[str]
    blocks: Counter[str]


def _sites() -> _Sites:
    """Look at what is held, without what only waits for the collector."""
    gc.collect()
    sites = [one for one in kpibench_memory.largest_sites() if not one["place"].startswith(_OURS)]
    return _Sites(
        Counter({site["place"]: site["bytes"] for site in sites}),
        Counter({site["place"]: site["blocks"] for site in sites}),
    )


def _lengths() -> Counter[str]:
    """Count the entries of the longest containers by name, which several may share."""
    lengths = Counter[str]()
    for container in kpibench_memory.longest_containers():
        lengths[container["name"]] += container["length"]
    return lengths


def _grown_lines(first: _Sites, second: _Sites) -> tuple[GrownLine, ...]:
    # The difference of counters keeps what is above zero.
    return tuple(
        GrownLine(place=place, kept_bytes=size, kept_count=second.blocks[place] - first.blocks[place])
        for place, size in (second.sizes - first.sizes).most_common(MOST_NAMED)
    )


def _grown_containers(first: Counter[str], second: Counter[str]) -> tuple[GrownContainer, ...]:
    return tuple(
        GrownContainer(name=name, added_count=added, length=second[name])
        for name, added in (second - first).most_common(MOST_NAMED)
    )
