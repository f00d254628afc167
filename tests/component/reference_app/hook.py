"""Somebody's URL to which alerts are posted, in the test's hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

DEADLINE_S = 60


class Hook:
    """Receives alerts."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        app = web.Application()
        app.add_routes([web.post("/", self._take)])
        async with TestServer(app) as server:
            yield str(server.make_url("/"))

    async def until(self, told: tuple[str, str]) -> None:
        async with self._changed, asyncio.timeout(DEADLINE_S):
            await self._changed.wait_for(lambda: told in self.told)

    async def _take(self, request: web.Request) -> web.Response:
        notice = await request.json()
        async with self._changed:
            self.told.append((notice["key"], notice["state"]))
            self._changed.notify_all()
        return web.Response()
