"""What watching the memory costs: CPU time of a reading that is judged, and what the readings hold."""

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from itertools import count

from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.leak_detector import WARM_UP_REQUESTS, WINDOW
from reference_app.memory.monitoring_service import INTERVAL_S, MemoryMonitoringService
from reference_app.memory.process_reading import MB, MemoryReading, read_process
from reference_app.scalability.alerts import Alerts
from tests.benchmarks.table import Table

READINGS = 50
MOST_SHARE = 0.01
HELD_MB = 200
"""Pages of this process while it is looked at: a reading costs the more, the larger the process is."""


def measure(say: Callable[[str], None]) -> Table:
    """Let the service read with a full window, with memory that is flat and memory that leaks."""
    held = bytearray(HELD_MB * MB)
    rows, shares = [], []
    for name, grown_bytes in (("flat", 0), ("leaking", MB)):
        say(name)
        cpu_s, kept_bytes = asyncio.run(_cost(grown_bytes))
        shares.append(cpu_s / INTERVAL_S)
        rows.append((name, f"{cpu_s * 1e3:.2f}", f"{shares[-1]:.3%}", f"{kept_bytes / 1e3:.0f}"))
    del held
    return Table(
        title="What watching the memory costs",
        claim=f"at most {MOST_SHARE:.0%} of a core",
        columns=("memory", "a reading, ms of CPU", "one each 20 s, share of a core", "the watcher holds, kB"),
        rows=tuple(rows),
        holds=max(shares) <= MOST_SHARE,
        note=(
            f"Mean of {READINGS} real readings, judged in a window of {WINDOW}, in a process of {HELD_MB} MB."
            " What a request costs is `memory_monitoring` in the table of what each optimization costs."
        ),
    )


async def _cost(grown_bytes: int) -> tuple[float, int]:
    """Return the CPU time of one reading, and what the service holds after three windows."""
    numbers, requests = count(), count(WARM_UP_REQUESTS, 1_000)

    def read(cache_bytes: int) -> MemoryReading:
        real, number = read_process(cache_bytes), next(numbers)
        uss_bytes = real.uss_bytes + number * grown_bytes
        return MemoryReading(
            uss_bytes=uss_bytes,
            rss_bytes=real.rss_bytes,
            live_bytes=uss_bytes,
            block_count=real.block_count,
            fd_count=real.fd_count,
            thread_count=real.thread_count,
        )

    times = count(0, INTERVAL_S)
    service = MemoryMonitoringService(
        BoundedCaches(), Alerts(), lambda: next(requests), read=read, clock=lambda: float(next(times))
    )
    await service.sample()
    tracemalloc.start()
    try:
        for _ in range(3 * WINDOW):
            await service.sample()
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    started_s = time.process_time()
    for _ in range(READINGS):
        await service.sample()
    return (time.process_time() - started_s) / READINGS, kept_bytes
