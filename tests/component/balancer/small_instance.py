"""`python instance.py PORT [OPTION=VALUE...]`: a small instance for the balancer's tests.

`slow_first=0.05`: the first process to take the file of `marks` answers that much later, in seconds.
"""

import asyncio
import os
import signal
import sys

from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    """Answer what came, and by whom."""
    body = await request.read()
    if delay := request.query.get("delay"):
        await asyncio.sleep(float(delay))
    headers = {
        "X-Pid": str(os.getpid()),
        "X-Length": str(len(body)),
        "X-Came-From": request.headers.get("X-Forwarded-For", ""),
        "X-Hop": request.headers.get("X-Hop", ""),
    }
    status = int(request.query.get("status", "200"))
    if "retry_after" in request.query:
        headers["Retry-After"] = request.query["retry_after"]
    return web.Response(status=status, body=body or request.path_qs.encode(), headers=headers)


async def stream(request: web.Request) -> web.StreamResponse:
    """Answer in chunks as many bytes as asked for."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(int(request.query["chunks"])):
        await response.write(b"x" * int(request.query["size"]))
    return response


async def ready(_: web.Request) -> web.Response:
    """Answer that it can serve."""
    return web.Response()


async def main(port: int) -> None:
    """Serve until SIGTERM or the end of the input."""
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/stream", stream)
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(0, lambda: None if os.read(0, 1024) else (loop.remove_reader(0), stop.set()))
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
