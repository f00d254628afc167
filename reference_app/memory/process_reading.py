"""One reading of this process's memory, cheap enough to take while it serves."""

import os
import sys
from dataclasses import dataclass

import psutil

MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """What the process holds now."""

    uss_bytes: int
    rss_bytes: int
    heap_bytes: int | None
    """In use on the C heap; None where the C library does not tell."""
    block_count: int
    """Of Python's own allocator, each of at most BLOCK_BYTES."""
    fd_count: int
    thread_count: int
    cache_bytes: int = 0
    """Held by caches that have a bound and tell what they hold (bounded_caches.py)."""


BLOCK_BYTES = 512
"""The largest block of Python's own allocator; what is larger lies on the C heap."""

_PROCESS = psutil.Process()


def read_process(cache_bytes: int = 0) -> MemoryReading:
    """Read without a collection and without a walk over objects; a few milliseconds of system time."""
    memory = _PROCESS.memory_full_info()
    heap = psutil.heap_info() if hasattr(psutil, "heap_info") else None
    return MemoryReading(
        uss_bytes=memory.uss,
        rss_bytes=memory.rss,
        heap_bytes=int(heap.heap_used) + int(heap.mmap_used) if heap else None,
        block_count=sys.getallocatedblocks(),
        fd_count=getattr(_PROCESS, "num_handles" if os.name == "nt" else "num_fds")(),
        thread_count=_PROCESS.num_threads(),
        cache_bytes=cache_bytes,
    )
