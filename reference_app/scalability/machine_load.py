"""How busy the cores and the memory are that this process may use."""

import asyncio
import contextlib
import os
from collections.abc import Callable

import psutil

from reference_app.scalability.rate_limiter import Load, Pressure

PERIOD_S = 5.0
"""A reading is the mean since the one before: a burst of a second is no pressure."""


def read_load() -> Load:
    """Read the mean use of the cores that this process may run on, since the last call, and of the memory."""
    used = psutil.cpu_percent(percpu=True)
    ours = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(used))
    cores = [used[core] for core in ours if core < len(used)] or used
    return Load(sum(cores) / len(cores), psutil.virtual_memory().percent)


class LoadWatch:
    """Takes readings beside the requests, from the start of the application to its end."""

    def __init__(
        self, pressure: Pressure, read: Callable[[], Load] = read_load, period_s: float = PERIOD_S
    ) -> None:
        self._pressure = pressure
        self._read = read
        self._period_s = period_s
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin; the first reading is the mean of nothing and is thrown away."""
        self._read()
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """End."""
        self._is_over.set()
        if self._task is not None:
            await self._task

    async def _watch(self) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), self._period_s)
            self._pressure.note(self._read())
