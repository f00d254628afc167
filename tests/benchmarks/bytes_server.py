"""`python -m tests.benchmarks.bytes_server PORT FILE`: a handler that returns a file's bytes, on uvloop."""

import sys
from pathlib import Path

import uvloop
from aiohttp import web


def main(port: int, body: bytes) -> None:
    """Serve until the process is ended."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
