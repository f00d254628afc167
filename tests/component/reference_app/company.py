"""Another company's server, in the test's hands: it answers, fails, or holds every call until it is told."""

import asyncio
from collections import Counter
from typing import Literal

from aiohttp import web


class Company:
    """All four services."""

    def __init__(self) -> None:
        self.behaviour: Literal["answers", "fails", "holds"] = "answers"
        self.asked: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most_under_way: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/{service}/{what}", self._serve)])
        return app

    async def behave(self, behaviour: Literal["answers", "fails", "holds"]) -> None:
        """Change what becomes of the next calls, and of those that are held."""
        async with self._changed:
            self.behaviour = behaviour
            self._changed.notify_all()

    async def until_under_way(self, service: str, count: int) -> None:
        """Wait until so many calls are held."""
        async with self._changed, asyncio.timeout(30):
            await self._changed.wait_for(lambda: self.under_way[service] >= count)

    async def _serve(self, request: web.Request) -> web.Response:
        service = request.match_info["service"]
        await request.read()
        async with self._changed:
            self.asked[service] += 1
            self.under_way[service] += 1
            self.most_under_way[service] = max(self.most_under_way[service], self.under_way[service])
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self.behaviour != "holds")
            self.under_way[service] -= 1
        if self.behaviour == "fails":
            return web.json_response({"error": "out of order"}, status=500)
        return web.json_response({"reference": f"{service} {self.asked[service]}"}, status=201)
