"""Webhook: documents posted to somebody's URL, in order, by a task of its own; no request waits for it."""

import asyncio
import contextlib
import logging
from typing import Any

import aiohttp

from reference_app.failure import StartError

QUEUE_SIZE = 100
TIMEOUT_S = 5.0
PAUSES_S = (1.0, 5.0)
"""Between the attempts to deliver a document; then it is lost, and counted."""
CLOSE_S = 2.0

_LOG = logging.getLogger(__name__)


class Webhook:
    """A bounded queue: while the receiver is away, the oldest documents make way for the newest.

    Raises:
        StartError: the URL is no http:// or https:// URL.
    """

    def __init__(self, url: str, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        if not url.startswith(("http://", "https://")):
            raise StartError(f"--alert-webhook is no http:// or https:// URL: {url!r}.")
        self._url = url
        self._pauses_s = pauses_s
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE_SIZE)
        self._is_closing = asyncio.Event()
        self._delivery: asyncio.Task[None] | None = None
        self._delivered_count = 0
        self._lost_count = 0

    def send(self, document: dict[str, Any]) -> None:
        """Put a document in the queue."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._waiting.task_done()
            self._lost_count += 1
        self._waiting.put_nowait(document)

    async def open(self) -> None:
        """Begin to deliver."""
        self._delivery = asyncio.get_running_loop().create_task(self._deliver_all())

    async def close(self) -> None:
        """Deliver what waits, in limited time and without pauses, and end."""
        self._is_closing.set()
        if self._delivery is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.join(), CLOSE_S)
        self._delivery.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._delivery

    def snapshot(self) -> dict[str, Any]:
        """Show how it does, as JSON."""
        return {
            "waiting_count": self._waiting.qsize(),
            "delivered_count": self._delivered_count,
            "lost_count": self._lost_count,
        }

    async def _deliver_all(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session:
            while True:
                document = await self._waiting.get()
                try:
                    await self._deliver(session, document)
                finally:
                    self._waiting.task_done()

    async def _deliver(self, session: aiohttp.ClientSession, document: dict[str, Any]) -> None:
        for pause_s in (*self._pauses_s, None):
            fault = await self._attempt(session, document)
            if fault is None:
                self._delivered_count += 1
                return
            if pause_s is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._is_closing.wait(), pause_s)
        self._lost_count += 1
        _LOG.warning("the webhook for alerts does not take them: %s", fault)

    async def _attempt(self, session: aiohttp.ClientSession, document: dict[str, Any]) -> str | None:
        try:
            async with session.post(self._url, json=document) as answer:
                return None if answer.ok else f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return str(error) or type(error).__name__
