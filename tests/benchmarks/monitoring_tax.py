"""What it costs a request that the backend knows where its time goes: timings, own times, records, header."""

import asyncio
import time
from collections.abc import Callable, Sequence
from statistics import median

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp.typedefs import Handler, Middleware

from reference_app.app import _add_server_timing, _with_timings
from reference_app.memory.garbage_collection import DefaultGarbageCollection
from reference_app.middleware.needs import DeclaredRoutes
from reference_app.monitoring.layer_times import LayerTime, every_layer, take_off
from reference_app.monitoring.request_records import RequestRecords
from reference_app.monitoring.slow_responses import SlowResponses
from reference_app.scalability.alerts import Alerts
from reference_app.web.route import Route
from tests.benchmarks.table import Table

MOST_US = 30.0
ROUNDS = 60
REQUESTS = 500
LAYERS = 5
PATH = "/api/v2/nothing"


class EmptyLayer:
    """Does nothing, so that only the taking of its time costs something."""

    name = "empty"
    meets = frozenset()

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)


def measure(say: Callable[[str], None]) -> Table:
    """Send requests through five empty layers, with all that measures and without it, in turn."""
    say(f"{ROUNDS} rounds of {REQUESTS} requests")
    with_us, without_us = asyncio.run(_both())
    return Table(
        title="What monitoring costs a request",
        claim=f"at most {MOST_US:.0f} us",
        columns=("all that measures, us", "nothing measures, us", "the tax, us"),
        rows=((f"{with_us:.1f}", f"{without_us:.1f}", f"{with_us - without_us:.1f}"),),
        holds=with_us - without_us <= MOST_US,
        note=(
            f"Medians of {ROUNDS} rounds of {REQUESTS} requests through {LAYERS} empty layers, inside"
            " the process. Measured are the request's timings, the layers' own times, the record of the"
            " endpoint, and Server-Timing. It is the same in every variant."
        ),
    )


async def _both() -> tuple[float, float]:
    route = Route(method="GET", path=PATH, handler=_answer, summary="", answer={})
    declared = DeclaredRoutes([route])
    records = RequestRecords()
    records.declare(declared)
    layers = [EmptyLayer() for _ in range(LAYERS)]
    timed = every_layer(layers, [LayerTime(layer.name) for layer in layers], declared)
    measuring = _with_timings(records, DefaultGarbageCollection(), SlowResponses(Alerts()))
    measured = _app([measuring, *timed, take_off], route)
    bare = _app([_plain(layer) for layer in layers], route)
    for app in (measured, bare):
        app.freeze()
        await _ask(app, is_prepared=app is measured)
    pairs = [(await _ask(measured, is_prepared=True), await _ask(bare)) for _ in range(ROUNDS)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def _app(middlewares: Sequence[Middleware], route: Route) -> web.Application:
    app = web.Application(middlewares=middlewares)
    app.add_routes([route.definition])
    return app


def _plain(layer: EmptyLayer) -> Middleware:
    @web.middleware
    async def passed(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await layer.handle(request, handler)

    return passed


async def _answer(_: web.Request) -> web.Response:
    return web.Response()


async def _ask(app: web.Application, *, is_prepared: bool = False) -> float:
    """Answer the mean time of a request in us; headers are written for the application that has timings."""
    requests = [make_mocked_request("GET", PATH, app=app) for _ in range(REQUESTS)]
    started = time.perf_counter()
    for request in requests:
        answer = await app._handle(request)
        if is_prepared:
            await _add_server_timing(request, answer)
    return (time.perf_counter() - started) / REQUESTS * 1e6
