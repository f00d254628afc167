"""One reading of this process's memory, cheap enough to take while it serves."""

import os
import sys
from dataclasses import dataclass

import psutil

from reference_app.memory.live_bytes import live_bytes

MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """What the process holds now."""

    live_bytes: int | None
    """In use, what waits for a collection included (live_bytes.py); None where nobody tells."""
    uss_bytes: int
    rss_bytes: int
    block_count: int
    """Of Python's own allocator."""
    fd_count: int
    thread_count: int
    cache_bytes: int = 0
    """Held by caches that have a bound and tell what they hold (bounded_caches.py)."""


_PROCESS = psutil.Process()


def read_process(cache_bytes: int = 0) -> MemoryReading:
    """Read without a collection and without a walk over objects; a few milliseconds of system time."""
    memory = _PROCESS.memory_full_info()
    return MemoryReading(
        live_bytes=live_bytes(),
        uss_bytes=memory.uss,
        rss_bytes=memory.rss,
        block_count=sys.getallocatedblocks(),
        fd_count=getattr(_PROCESS, "num_handles" if os.name == "nt" else "num_fds")(),
        thread_count=_PROCESS.num_threads(),
        cache_bytes=cache_bytes,
    )
