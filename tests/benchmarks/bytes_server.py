"""`python -m tests.benchmarks.bytes_server PORT FILE [shared]`: a handler that returns a file's bytes."""

import sys
from pathlib import Path

import uvloop
from aiohttp import web


def main(port: int, body: bytes, *, is_shared: bool) -> None:
    """Serve until the process is ended; a shared port is one that other processes listen on, too."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    loop = uvloop.new_event_loop()
    options = {"reuse_port": True} if is_shared else {}
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=loop, **options)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), is_shared=sys.argv[3:] == ["shared"])
