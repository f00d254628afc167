"""Whether the application lives, and whether it can serve."""

from aiohttp import web

from reference_app.storage.connections import Connections
from reference_app.storage.redis_link import RedisLink
from reference_app.web.bodies import json_response


class Health:
    """The probes that a process supervisor asks."""

    def __init__(self, connections: Connections, link: RedisLink) -> None:
        self._connections = connections
        self._link = link

    async def live(self, _: web.Request) -> web.Response:
        """Answer as long as the process serves."""
        return json_response({"status": "alive"})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 when the database answers, 503 otherwise; without Redis each instance serves alone."""
        async with self._connections.use() as connection:
            await connection.fetchrow("SELECT 1")
        return json_response({"status": "ready", "database": "up", "redis": self._link.state})
