"""What the whole middleware of AFTER costs a request: the same requests through it and past it, in turn."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from statistics import median
from unittest import mock

import aiohttp
import asyncpg
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from reference_app.app import make_app
from reference_app.components import Components
from reference_app.settings import Settings
from reference_app.storage.loaded_data import LoadedData, read_loaded_data
from reference_app.variants import build
from tests.benchmarks.reference_server import PASSWORD, database_of, postgres_in_an_empty_folder
from tests.benchmarks.table import Table

SCALE = 0.1
ROUNDS = 60
REQUESTS = 200
MOST_US = 60.0
"""What the reference backend's design allows the whole stack."""
LIVE = "/health/live"
HISTORY = "/api/v2/clients/1/history"
BOUNDLESS = 10**9


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request, and whether its cost is part of the claim."""

    name: str
    method: str
    path: str
    is_signed_in: bool = False
    body: bytes = b""
    is_claimed: bool = True


KINDS = (
    Kind("nobody's, not kept", "GET", LIVE),
    Kind("a client's, not kept", "GET", LIVE, is_signed_in=True),
    Kind("anybody's, kept answer given out", "GET", "/api/v2/locations"),
    Kind("a client's, kept answer given out", "GET", HISTORY, is_signed_in=True),
    Kind(
        "a client's change: body judged, line of the audit trail written",
        "POST",
        "/api/v2/nothing",
        is_signed_in=True,
        body=b'{"a":1}',
        is_claimed=False,
    ),
)


def measure(say: Callable[[str], None]) -> Table:
    """Take the time of requests inside the process, without a socket: the rest is the same for both."""
    with postgres_in_an_empty_folder(say) as postgres, database_of(postgres, "after", SCALE, say) as url:
        taxes = asyncio.run(_taxes(url))
    rows = tuple(
        (kind.name, f"{with_us:.1f}", f"{past_us:.1f}", f"{tax:.1f}") for kind, with_us, past_us, tax in taxes
    )
    return Table(
        title="What AFTER's middleware costs a request",
        claim=f"at most {MOST_US:.0f} us for a request that changes nothing",
        columns=("request", "through all layers, us", "past them, us", "the layers, us"),
        rows=rows,
        holds=all(tax <= MOST_US for kind, _, _, tax in taxes if kind.is_claimed),
        note=(
            f"Medians of {ROUNDS} rounds of {REQUESTS} requests each, in turn with those past the layers, to"
            " a handler that does nothing (GET /health/live). The line of the audit trail is a statement, as"
            " in every variant, and not part of the claim."
        ),
    )


async def _taxes(url: str) -> list[tuple[Kind, float, float, float]]:
    raw = await asyncpg.connect(url)
    loaded = await read_loaded_data(raw)
    await raw.close()
    components = build("after").components
    async with (
        started(components, url, loaded) as layered,
        started(_without_layers(components), url, loaded) as bare,
    ):
        token = await token_of(layered)
        return [await _tax(kind, layered, bare, token) for kind in KINDS]


def _without_layers(components: Components) -> Components:
    return replace(components, layers=lambda *_: (), arrangement=lambda *_: ())


@asynccontextmanager
async def started(components: Components, url: str, loaded: LoadedData) -> AsyncIterator[web.Application]:
    """Start an application without a socket, which limits nobody."""
    settings = Settings(
        database_url=url,
        port=1,
        requests_per_minute=BOUNDLESS,
        anonymous_requests_per_minute=BOUNDLESS,
    )
    app = make_app(components, settings, loaded)
    app.freeze()
    await app.startup()
    try:
        yield app
    finally:
        await app.shutdown()
        await app.cleanup()


async def _tax(
    kind: Kind, layered: web.Application, bare: web.Application, token: str
) -> tuple[Kind, float, float, float]:
    past = Kind("", "GET", LIVE)
    with_us, past_us = [], []
    await ask(layered, kind, token)
    for _ in range(ROUNDS):
        with_us.append(await ask(layered, kind, token))
        past_us.append(await ask(bare, past, token))
    return kind, median(with_us), median(past_us), median(with_us) - median(past_us)


async def ask(app: web.Application, kind: Kind, token: str) -> float:
    """Send requests one after the other; answer the mean time of one in us."""
    requests: Sequence[web.Request] = [request_of(app, kind, token) for _ in range(REQUESTS)]
    started = time.perf_counter()
    for request in requests:
        await app._handle(request)
    return (time.perf_counter() - started) / REQUESTS * 1e6


def request_of(app: web.Application, kind: Kind, token: str) -> web.Request:
    """Make a request of this kind."""
    headers = {"Authorization": f"Bearer {token}"} if kind.is_signed_in else {}
    if not kind.body:
        return make_mocked_request(kind.method, kind.path, headers, app=app)
    payload = aiohttp.StreamReader(mock.Mock(), 2**16, loop=asyncio.get_running_loop())
    payload.feed_data(kind.body)
    payload.feed_eof()
    headers["Content-Length"] = str(len(kind.body))
    return make_mocked_request(kind.method, kind.path, headers, app=app, payload=payload)


async def token_of(app: web.Application) -> str:
    """Log a client in."""
    body = json.dumps({"email": "client000001@example.test", "password": PASSWORD}).encode()
    answer = await app._handle(request_of(app, Kind("", "POST", "/api/v2/auth/login", body=body), ""))
    assert isinstance(answer, web.Response)
    assert isinstance(answer.body, bytes)
    token: str = json.loads(answer.body)["token"]
    return token
