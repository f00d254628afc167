"""Answers what the process holds in memory, past every layer; there only with `serve --memory-probe`."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.monitoring.kpibench_memory import read_memory

PATH = "/_kpibench/memory"


@web.middleware
async def live_memory_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer the probe before any layer sees it: what the layers keep of it would be counted as theirs."""
    if request.path == PATH:
        return web.json_response(read_memory())
    return await handler(request)
