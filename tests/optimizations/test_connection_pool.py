"""`connection_pool`: without it every use opens a connection, with it none does once the server runs."""

import asyncio
from collections.abc import Callable

from reference_app.settings import Settings
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, serve_and

REQUESTS = 10


def test_requests_open_connections_without_the_pool_and_none_with_it(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    # One connection for the authentication layer, one for the handler.
    assert _opened(build("after", removed=["connection_pool", "response_cache"]), clone) == 2 * REQUESTS
    assert _opened(build("after", removed=["response_cache"]), clone) == 0


def test_more_callers_than_connections_are_all_answered(clone: Callable[[tuple[str, ...]], str]) -> None:
    chosen = build("after", removed=["response_cache"])

    async def work(backend: Backend) -> set[int]:
        callers = [backend.ask("GET", "/api/v2/locations") for _ in range(100)]
        return {answer.status for answer in await asyncio.gather(*callers)}

    assert serve_and(chosen.components, clone(chosen.components.migrations), work) == {200}


def test_more_callers_than_the_database_admits_wait_without_the_pool(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    chosen = build("before")

    async def work(backend: Backend) -> set[int]:
        callers = [backend.ask("GET", "/health/ready") for _ in range(200)]
        return {answer.status for answer in await asyncio.gather(*callers)}

    assert serve_and(chosen.components, clone(chosen.components.migrations), work) == {200}


def test_the_pool_fits_the_machine() -> None:
    assert 4 <= Settings(database_url="", port=1).pool_size <= 8


def _opened(chosen: Build, clone: Callable[[tuple[str, ...]], str]) -> int:
    """Count the connections that requests open, after the server has started and the caller logged in."""

    async def work(backend: Backend) -> int:
        await backend.token("client")
        opened = backend.connections.opened_count
        for _ in range(REQUESTS):
            assert (await backend.ask("GET", "/api/v2/clients/1/history", "client")).status == 200
        return backend.connections.opened_count - opened

    count: int = serve_and(chosen.components, clone(chosen.components.migrations), work)
    return count
