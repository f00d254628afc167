"""Names the lines and containers that grow: on demand, since it makes the server several times slower."""

import asyncio
import contextlib
import tracemalloc
from collections import Counter
from dataclasses import dataclass

from reference_app.monitoring import kpibench_memory

SETTLING = 1 / 3
"""So much of a trace goes by before the first look: what is replaced all the time shows in both looks."""
MOST_NAMED = 10
_OURS = (__file__, kpibench_memory.__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownLine:
    """A line, and what it allocated between the two looks that was still there at the second."""

    place: str
    """`file.py:46`."""
    kept_bytes: int
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownContainer:
    """A container that had more entries at the second look."""

    name: str
    """`module.Class.attribute`, `module.NAME` or `cache of module.function`."""
    added_count: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What grew between the two looks, the most first, at most MOST_NAMED of each."""

    lines: tuple[GrownLine, ...]
    containers: tuple[GrownContainer, ...]


class AllocationTrace:
    """One trace at a time, which ends by itself; while none is on, it costs nothing.

    Each of the two looks stops the server for as long as it takes to walk over all objects.
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
        was_on = tracemalloc.is_tracing()
        if not was_on:
            tracemalloc.start(kpibench_memory.FRAMES)
        try:
            if await self._goes_by(SETTLING * duration_s):
                first = _look()
                if await self._goes_by((1 - SETTLING) * duration_s):
                    self.growth = _growth(first, _look())
        finally:
            if not was_on:
                tracemalloc.stop()

    async def _goes_by(self, duration_s: float) -> bool:
        """Wait; answer whether the time went by undisturbed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), duration_s)
        return not self._is_over.is_set()


@dataclass(frozen=True, slots=True)
class _Look:
    """Bytes and blocks by line, entries by container."""

    sizes: Counter[str]
    blocks: Counter[str]
    lengths: Counter[str]


def _look() -> _Look:
    sites = [one for one in kpibench_memory.largest_sites() if not one["place"].startswith(_OURS)]
    lengths = Counter[str]()
    for container in kpibench_memory.longest_containers():  # several may have one name
        lengths[container["name"]] += container["length"]
    return _Look(
        Counter({site["place"]: site["bytes"] for site in sites}),
        Counter({site["place"]: site["blocks"] for site in sites}),
        lengths,
    )


def _growth(first: _Look, second: _Look) -> Growth:
    # The difference of counters keeps what is above zero.
    sizes, lengths = second.sizes - first.sizes, second.lengths - first.lengths
    return Growth(
        lines=tuple(
            GrownLine(place=place, kept_bytes=size, kept_count=second.blocks[place] - first.blocks[place])
            for place, size in sizes.most_common(MOST_NAMED)
        ),
        containers=tuple(
            GrownContainer(name=name, added_count=added, length=second.lengths[name])
            for name, added in lengths.most_common(MOST_NAMED)
        ),
    )
