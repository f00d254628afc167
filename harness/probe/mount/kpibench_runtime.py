"""How long a server's event loop and its garbage collector keep requests waiting. Copy this one file.

Call `watch_runtime()` once the server's asyncio loop runs:

    FastAPI, Starlette   in the lifespan, before `yield`
    aiohttp              async def begin(app): watch_runtime()  and  app.on_startup.append(begin)

It does nothing unless kpibench started the server, which then names a file in KPIBENCH_RUNTIME_FILE. 20 times
a second it writes a line there: how much later than it should the loop came round, and what the collections
since the line before took. Needs nothing but Python.
"""

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

VARIABLE = "KPIBENCH_RUNTIME_FILE"
BEAT_S = 0.05


def watch_runtime(path: str | None = None) -> Callable[[], None]:
    """Watch the running loop until the returned function is called or the process ends.

    Args:
        path: gets the lines; None takes the file that kpibench names, and none is watched without one.

    Raises:
        RuntimeError: no loop runs.
    """
    name = os.environ.get(VARIABLE, "") if path is None else path
    return _RuntimeWatch(Path(name)).close if name else _nothing


def _nothing() -> None:
    """End a watch that never began."""


class _RuntimeWatch:
    def __init__(self, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._collection_count = self._pause_ns = self._longest_pause_ns = self._stopped_ns = 0
        # A line is whole or absent, also where several processes of a server write to one file.
        self._file = path.open("a", encoding="ascii", buffering=1)
        gc.callbacks.append(self._note)
        self._due_ns = time.monotonic_ns() + int(1e9 * BEAT_S)
        self._timer = self._loop.call_later(BEAT_S, self._beat)

    def close(self) -> None:
        """Watch no longer; a second time does nothing."""
        self._timer.cancel()
        if self._note in gc.callbacks:
            gc.callbacks.remove(self._note)
        self._file.close()

    def _beat(self) -> None:
        now_ns = time.monotonic_ns()
        lag_ms = max(0, now_ns - self._due_ns) / 1e6
        try:
            self._file.write(
                f'{{"at_ns": {now_ns}, "lag_ms": {lag_ms:.3f}, "collections": {self._collection_count}, '
                f'"pause_ms": {self._pause_ns / 1e6:.3f}, '
                f'"longest_pause_ms": {self._longest_pause_ns / 1e6:.3f}}}\n'
            )
        except OSError:  # a full disk is no reason to disturb the server
            self.close()
            return
        self._collection_count = self._pause_ns = self._longest_pause_ns = 0
        self._due_ns = time.monotonic_ns() + int(1e9 * BEAT_S)
        self._timer = self._loop.call_later(BEAT_S, self._beat)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        # Called in the middle of any allocation, with everything stopped.
        if phase == "start":
            self._stopped_ns = time.monotonic_ns()
            return
        pause_ns = time.monotonic_ns() - self._stopped_ns
        self._collection_count += 1
        self._pause_ns += pause_ns
        self._longest_pause_ns = max(self._longest_pause_ns, pause_ns)
