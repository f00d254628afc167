"""Grow one of BEFORE's leaks, or none, in a process of its own that watches its memory; tell what it says.

`python leak_run.py KIND` prints a JSON object; KIND is a leak or one of WITHOUT_A_LEAK.
"""

import asyncio
import ctypes
import gc
import json
import math
import random
import sys
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from itertools import count as count_up

from reference_app.legacy.leaks import Leaks
from reference_app.memory.allocation_trace import AllocationTrace, Growth
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.leak_detector import LEAST_SAMPLES, WARM_UP_REQUESTS
from reference_app.memory.monitoring_service import MemoryMonitoringService, MemoryState
from reference_app.scalability.alerts import Alerts
from reference_app.settings import LEAKS

REQUESTS = 200
SAMPLES = 2 * LEAST_SAMPLES
START_UP = 3_000
"""Requests by which what a process starts with is used up, behind the detector's own warm-up."""
ENTRY_BYTES = 1_024
MOST_BYTES = 100_000_000
WITHOUT_A_LEAK = ("none", "full cache", "filling cache", "slowing cache", "fragments", "cycles")

Serve = Callable[[str, int], object]


def main(kind: str) -> None:
    """Serve requests of a kind, read after each stretch of them, print what was found."""
    serve, held_bytes = _load(kind)
    count, readings, severities = WARM_UP_REQUESTS, count_up(0.0, 20.0), set()
    caches = BoundedCaches()
    caches.declare("cache", held_bytes, MOST_BYTES)
    watch = MemoryMonitoringService(caches, Alerts(), lambda: count, clock=lambda: next(readings))

    def stretch(requests: int) -> None:
        nonlocal count
        for _ in range(requests):
            key = uuid.uuid4().hex
            json.loads(json.dumps({"key": key, "rows": [{"id": n} for n in range(5)]}))
            serve(key, count)
            count += 1

    stretch(START_UP)
    for _ in range(SAMPLES):
        stretch(REQUESTS)
        state = asyncio.run(_looked(watch))
        severities.add(state.severity.name if state.severity is not None else "UNKNOWN")
    assert state.trend is not None
    assert state.trend.bytes_per_request is not None
    growth = asyncio.run(_traced(stretch)) if kind in LEAKS else None
    print(  # noqa: T201  - the test reads it
        json.dumps(
            {
                "severities": sorted(severities),
                "bytes_per_request": state.trend.bytes_per_request.value,
                "growth": asdict(growth) if growth else None,
            }
        )
    )


async def _looked(watch: MemoryMonitoringService) -> MemoryState:
    await watch.sample()
    return await watch.state()


async def _traced(stretch: Callable[[int], None]) -> Growth | None:
    """Trace a process whose containers are all frozen."""
    gc.freeze()
    trace = AllocationTrace()
    trace.begin(0.3)
    while trace.is_on:
        stretch(20)
        await asyncio.sleep(0)
    return trace.growth


def _load(kind: str) -> tuple[Serve, Callable[[], int]]:
    """Make what a request does, and what the bounded caches among it declare."""
    if kind in LEAKS:
        leak = getattr(Leaks.only({kind}), kind)
        owner = "client000001@example.test"
        return (lambda key, _: leak.grow(owner if kind == "sessions" else key)), int
    if kind.endswith("cache"):
        return _cached(kind)
    return {"none": lambda *_: None, "fragments": _fragments(), "cycles": _cycle}[kind], int


def _cached(kind: str) -> tuple[Serve, Callable[[], int]]:
    """Make a bounded cache: full from early on, filling all the time, or ever more slowly and undeclared."""
    most = {"full cache": 1_000, "filling cache": START_UP + (SAMPLES + 10) * REQUESTS}.get(kind, 3_000)
    cache, rng = OrderedDict[str, bytes](), random.Random(1)

    def serve(key: str, _: int) -> None:
        if kind == "slowing cache":  # some keys are asked for again and again
            key = f"{math.floor(most * rng.random() ** 2)}"
        if key not in cache:
            cache[key] = bytes(ENTRY_BYTES)
        if len(cache) > most:
            cache.popitem(last=False)

    return serve, (int if kind == "slowing cache" else lambda: len(cache) * (ENTRY_BYTES + 200))


def _fragments() -> Serve:
    """Shrink blocks of the C heap to crumbs; the gaps between are free, and too small for the next blocks."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

    def serve(_: str, count: int) -> None:
        if count % 4 == 0:
            size = 4_000 + count - WARM_UP_REQUESTS
            for block in [libc.malloc(size), libc.malloc(size)]:
                libc.realloc(block, 24)

    return serve


def _cycle(key: str, count: int) -> None:
    """Leave what only the collector frees, and which it would leave where it is for the whole run."""
    cycle: list[object] = [key, bytes(ENTRY_BYTES)]
    cycle.append(cycle)
    gc.set_threshold(10_000_000)
    assert count > 0


if __name__ == "__main__":
    main(sys.argv[1])
