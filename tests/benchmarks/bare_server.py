"""The least that can answer: a bare aiohttp handler that runs given statements and writes given bytes.

`python -m tests.benchmarks.bare_server ANSWERS PORT POOL_SIZE DATABASE_URL`; ANSWERS is a pickle of ours, by
path and query.
"""

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiohttp import web

from reference_app.stopping import told_to_stop


@dataclass(frozen=True, slots=True)
class BareAnswer:
    """What answers one request."""

    statements: tuple[tuple[str, tuple[object, ...]], ...]
    body: bytes


async def _serve(answers: dict[str, BareAnswer], port: int, pool_size: int, database_url: str) -> None:
    pool: Any = await asyncpg.create_pool(
        database_url, min_size=pool_size, max_size=pool_size, reset=_keep_as_it_is
    )

    async def answer(request: web.Request) -> web.Response:
        wanted = answers[request.path_qs]
        if wanted.statements:
            async with pool.acquire() as connection:
                for sql, values in wanted.statements:
                    await connection.fetch(sql, *values)
        return web.Response(body=wanted.body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stderr.write("bare serves\n")
    await told_to_stop().wait()
    await runner.cleanup()
    await pool.close()


async def _keep_as_it_is(_: object) -> None:
    """Nothing is set on a connection: nothing has to be reset."""


if __name__ == "__main__":
    read: dict[str, BareAnswer] = pickle.loads(Path(sys.argv[1]).read_bytes())
    uvloop.run(_serve(read, int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
