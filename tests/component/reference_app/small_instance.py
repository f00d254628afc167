"""`python small_instance.py PORT`: a small instance for the tests of the balancer."""

import asyncio
import os
import signal
import sys

from aiohttp import web

MOST_BYTES = 64 * 2**20


async def echo(request: web.Request) -> web.Response:
    """Answer the body or the path that came, as late and with the status that the query asks for.

    The process whose number is `slow_pid` takes ten times as long.
    """
    body = await request.read()
    slowness = 10 if request.query.get("slow_pid") == str(os.getpid()) else 1
    await asyncio.sleep(float(request.query.get("delay_s", "0")) * slowness)
    headers = {"X-Pid": str(os.getpid()), "X-Came-From": request.headers.get("X-Forwarded-For", "")}
    status = int(request.query.get("status", "200"))
    return web.Response(status=status, body=body or request.path_qs.encode(), headers=headers)


async def chunks(request: web.Request) -> web.StreamResponse:
    """Answer in as many chunks of 64 KiB as asked for."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(int(request.query["count"])):
        await response.write(b"x" * 2**16)
    return response


async def refuse(_: web.Request) -> web.Response:
    """Answer without reading the body."""
    return web.Response(status=413, text="too much")


async def break_off(request: web.Request) -> web.StreamResponse:
    """End the process in the middle of an answer, or before it."""
    if "begun" in request.query:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
    return web.Response()


async def stuck(request: web.Request) -> web.StreamResponse:
    """Send half of an answer, and the rest after two minutes."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"x" * 500)
    await asyncio.sleep(120)
    return response


async def ready(_: web.Request) -> web.Response:
    """Answer that it can serve."""
    return web.Response()


async def main(port: int) -> None:
    """Serve until SIGTERM or the end of the input; what is under way is answered first."""
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/chunks", chunks)
    app.router.add_get("/stuck", stuck)
    app.router.add_post("/refuse", refuse)
    app.router.add_route("*", "/break", break_off)
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
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
