"""Memory phase: what is asked of it, and one look at a server's memory."""

from dataclasses import dataclass

PROBE_PATH = "/_kpibench/memory"
"""Where a server answers what it holds, unless the experiment says otherwise."""

LEAK_TOLERANCE = 20.0
"""Bytes a request: what caches and allocators of healthy servers add stays below it (measurement.md, 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPhase:
    """Fresh processes that are asked as much as they can answer, and looked at now and then."""

    repeats: int = 6
    """Fresh starts of all variants; the unit of inference."""
    requests: int = 36_000
    """Of each variant in each repeat; the first half is its warm-up."""
    checkpoint: int = 600
    """About so many requests lie between two looks."""
    users: int = 4
    """Closed loop: so many at a time."""
    probe_path: str = PROBE_PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One look at a server, after so many requests; a line of `memory/<repeat>/<variant>.jsonl`."""

    requests: int
    """Answered since the start of the process."""
    failed: int
    """Of these."""
    pid: int
    """Of the process that told, or of the root of the tree that was looked at."""
    live_bytes: int | None
    """What is allocated after a collection; None where the server has no probe or cannot tell."""
    block_count: int | None
    object_count: int | None
    uss_bytes: int
    rss_bytes: int
    fd_count: int
    thread_count: int
