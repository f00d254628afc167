"""SeenBalancer: what an instance knows of the balancer in front of it, which it asks once a second."""

import asyncio
import contextlib
import json
import time
from typing import Any
from urllib.parse import urlsplit

from reference_app.balancer.client_connection import STATUS_PATH

ASK_S = 1.0
TIMEOUT_S = 1.0
MOST_BYTES = 64 * 1024
_LEFT_OUT = ("id", "pid", "address")
"""What names a process is no state of it."""


class SeenBalancer:
    """Keeps the newest state that the balancer has told."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._told: dict[str, Any] = {}
        self._told_at_s: float | None = None
        self._is_closing = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    def snapshot(self) -> dict[str, Any]:
        """Tell the state and how old it is; null before the balancer has told any."""
        age_s = None if self._told_at_s is None else round(time.monotonic() - self._told_at_s, 3)
        return {"age_s": age_s, **self._told}

    def open(self) -> None:
        """Begin to ask."""
        self._asking = asyncio.get_running_loop().create_task(self._keep_asking())

    async def close(self) -> None:
        """Ask no more."""
        self._is_closing.set()
        if self._asking is not None:
            await self._asking

    async def _keep_asking(self) -> None:
        while not self._is_closing.is_set():
            # The balancer takes nobody in before all its instances are ready.
            with contextlib.suppress(OSError, ValueError, LookupError):
                self._told = _by_instance(json.loads(await self._ask()))
                self._told_at_s = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), ASK_S)

    async def _ask(self) -> bytes:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=MOST_BYTES)
            try:
                writer.write(b"GET %s HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n" % STATUS_PATH)
                return (await reader.read(MOST_BYTES)).partition(b"\r\n\r\n")[2]
            finally:
                writer.close()


def _by_instance(told: dict[str, Any]) -> dict[str, Any]:
    instances = {
        shown["id"]: {name: value for name, value in shown.items() if name not in _LEFT_OUT}
        for shown in told["instances"]
    }
    return {"own_answers": told["balancer"]["own_answers"], "instances": instances}
