"""Throw-away databases and running backends for the tests of the reference application."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
from aiohttp import web
from aiohttp.test_utils import TestServer

from reference_app.app import make_app
from reference_app.components import Components
from reference_app.externals.stub import Stub
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.loaded_data import read_loaded_data, require_migrations
from reference_app.storage.seed.loader import load
from reference_app.variants import build
from reference_app.web.doorway import site_of

PASSWORD = "kpibench-demo"
ACCOUNTS = {
    "client": "client000001@example.test",
    "neighbour": "client000002@example.test",
    "careful": "client000003@example.test",
    "staff": "staff0001@example.test",
    "far staff": "staff0002@example.test",
    "owner": "owner@example.test",
}


def database_url(admin_url: str, name: str) -> str:
    """Point an admin DSN at another database of the same server."""
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))


async def run_sql(url: str, *statements: str) -> list[Any]:
    """Run statements one by one and answer the rows of the last."""
    connection = await asyncpg.connect(url)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


def make_template(admin_url: str, name: str, variant: str, scale: float) -> str:
    """Load a variant's data into a new database and answer its URL."""
    url = database_url(admin_url, name)
    asyncio.run(run_sql(admin_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    asyncio.run(load(url, build(variant).components.migrations, scale, 1, lambda _: None))
    return url


@contextmanager
def cloned(admin_url: str, template: str, name: str) -> Iterator[str]:
    """Make a copy of a database, answer its URL, and drop it afterwards."""
    asyncio.run(
        run_sql(admin_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")
    )
    try:
        yield database_url(admin_url, name)
    finally:
        asyncio.run(run_sql(admin_url, f"DROP DATABASE {name} WITH (FORCE)"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str] = field(compare=False)

    @property
    def body(self) -> Any:
        """Parse the JSON."""
        return json.loads(self.text)

    @property
    def statement_count(self) -> int:
        """Read the number of statements out of `Server-Timing`."""
        return int(self.headers["Server-Timing"].split('desc="n=')[1].split('"')[0])


@dataclass(frozen=True, slots=True)
class Backend:
    """A running backend and a client of it."""

    session: aiohttp.ClientSession
    url: str
    connections: Connections
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        role: str = "",
        *,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request on behalf of a role, or of nobody."""
        sent = dict(headers or {})
        if role:
            sent["Authorization"] = f"Bearer {await self.token(role)}"
        payload = json.dumps(body).encode() if body is not None else data
        async with self.session.request(method, self.url + path, data=payload, headers=sent) as response:
            return Answer(response.status, await response.text(), response.headers)

    async def token(self, role: str) -> str:
        """Log a role in, once."""
        if role not in self.tokens:
            answer = await self.ask(
                "POST", "/api/v2/auth/login", body={"email": ACCOUNTS[role], "password": PASSWORD}
            )
            assert answer.status == 200, answer
            self.tokens[role] = answer.body["token"]
        return self.tokens[role]


@asynccontextmanager
async def running(
    components: Components,
    url: str,
    pool_size: int = 4,
    *,
    externals: web.Application | None = None,
    **options: Any,
) -> AsyncIterator[Backend]:
    """Serve components on a free port of the loopback address, beside the stub or other external services."""
    connection = await asyncpg.connect(url)
    loaded = await read_loaded_data(connection)
    await connection.close()
    require_migrations(loaded, components.migrations)
    made: list[Connections] = []

    def keep(settings: Settings) -> Connections:
        made.append(components.connections(settings))
        return made[0]

    async with TestServer(externals or Stub(latency_ms=0).app()) as others:
        settings = Settings(
            database_url=url,
            port=1,
            pool_size=pool_size,
            externals_url=str(others.make_url("")),
            **options,
        )
        app = make_app(replace(components, connections=keep), settings, loaded)
        async with listening(app) as address, aiohttp.ClientSession() as session:
            yield Backend(session, address, made[0])


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """Listen as `serve` does, on a free port; answer the URL."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        await site_of(runner, "127.0.0.1", 0, None).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def serve_and(
    components: Components,
    url: str,
    work: Callable[[Backend], Awaitable[Any]],
    pool_size: int = 4,
    **options: Any,
) -> Any:
    """Run some work against a backend that is started for it."""

    async def serve() -> Any:
        async with running(components, url, pool_size, **options) as backend:
            return await work(backend)

    with asyncio.Runner(loop_factory=components.event_loop) as runner:
        return runner.run(serve())


async def free_starts(backend: Backend, barber_id: int, count: int) -> tuple[int, list[str]]:
    """Find a service of the barber's location and its next free starts that do not touch each other."""
    directory = (await backend.ask("GET", "/api/v2/locations")).body
    location = next(x for x in directory["locations"] if barber_id in [b["id"] for b in x["barbers"]])
    service_id = location["services"][0]["id"]
    starts: list[str] = []
    for offset in range(1, 28):
        day = f"2026-03-{16 + offset:02d}" if offset <= 15 else f"2026-04-{offset - 15:02d}"
        answer = await backend.ask(
            "GET", f"/api/v2/availability/slots?barber_id={barber_id}&service_id={service_id}&date={day}"
        )
        # The service takes 30 minutes and 5 more to tidy up: every third start is clear of the others.
        starts += answer.body["barbers"][0]["slots"][::3]
        if len(starts) >= count:
            return service_id, starts[:count]
    raise AssertionError(f"barber {barber_id} has no {count} free starts")
