"""A page on a real database, timed as the reference backend times itself; `after` asks for 7 ms more.

`python -m tests.known_truth.database_server DSN` prints its port and serves until its input ends. Both sides
pass a middleware layer of 5 ms, and one statement that takes 3 ms of the database; `/after/page` has a second
statement, of 7 ms.
"""

import asyncio
import socket
import sys

import asyncpg
from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.needs import DeclaredRoutes
from reference_app.monitoring.layer_times import TIMINGS, LayerTime, every_layer
from reference_app.monitoring.request_timings import begin_request, database_time

CONNECTIONS = 4


class WaitingLayer:
    """Takes 5 ms and asks for nothing."""

    name = "waiting"
    meets = frozenset()

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(0.005)
        return await handler(request)


@web.middleware
async def with_timings(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[TIMINGS] = begin_request()
    response = await handler(request)
    response.headers["Server-Timing"] = request[TIMINGS].server_timing()
    return response


def page(pool: asyncpg.Pool, sleeps_s: tuple[float, ...]) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        async with pool.acquire() as connection:
            for seconds in sleeps_s:
                with database_time():
                    await connection.execute("SELECT pg_sleep($1)", seconds)
        return web.json_response({"ok": True})

    return answer


async def serve(dsn: str) -> None:
    layers = every_layer([WaitingLayer()], [LayerTime("waiting")], DeclaredRoutes([]))
    # what the pool does when it gets a connection back is no part of the page
    pool = await asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_keep)
    app = web.Application(middlewares=[with_timings, *layers])
    app.router.add_get("/before/page", page(pool, (0.003,)))
    app.router.add_get("/after/page", page(pool, (0.003, 0.007)))
    listener = socket.create_server(("127.0.0.1", 0))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, shutdown_timeout=0.1).start()
    print(listener.getsockname()[1], flush=True)  # noqa: T201  - the test waits for it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()
    await pool.close()


async def _keep(_connection: asyncpg.Connection) -> None:
    pass


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
