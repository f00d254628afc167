"""Version 1, version 2 and every channel answer the same; how routes are found is what differs."""

from typing import Any

from aiohttp import web

from reference_app.legacy.alias_routes import DUPLICATES, alias_routes
from reference_app.variants import build
from reference_app.web.mounts import CHANNELS, VERSIONS, literal_mounts
from tests.component.reference_app.backends import Backend, free_starts, serve_and
from tests.component.reference_app.conftest import Clone

MOUNTS = len(CHANNELS) * len(VERSIONS)


async def _answer(_: web.Request) -> web.Response:
    return web.Response()


HOME = [web.get("/health/live", _answer)] + [web.get(f"/api/v2/x{n}/{{id}}", _answer) for n in range(20)]


def test_before_repeats_every_route_under_a_variable_and_eleven_of_them_twice() -> None:
    routes = alias_routes(HOME)
    pairs = [(route.method, route.path) for route in routes]

    assert len(routes) == 1 + 20 * MOUNTS + DUPLICATES
    assert len(pairs) - len(set(pairs)) == DUPLICATES == 11
    assert all(path.startswith("/{channel:") for _, path in pairs if path != "/health/live")


def test_after_has_each_route_once_under_literal_prefixes() -> None:
    paths = [route.path for route in literal_mounts(HOME)]

    assert len(paths) == len(set(paths)) == 1 + 20 * MOUNTS
    assert not any(path.startswith("/{") for path in paths)


def test_versions_and_channels_answer_the_same_in_every_variant(clone: Clone) -> None:
    async def work(backend: Backend) -> Any:
        answers = []
        for path, role in (
            ("/locations", ""),
            ("/availability/slots?barber_id=1&service_id=1&date=2026-03-19", ""),
            ("/clients/1/history", "client"),
            ("/clients/1/history", ""),
            ("/clients/one/history", "client"),
            ("/nothing", ""),
        ):
            seen = {
                (answer.status, answer.text)
                for channel in CHANNELS
                for version in VERSIONS
                for answer in [await backend.ask("GET", f"/{channel}/{version}{path}", role)]
            }
            assert len(seen) == 1, path
            answers += seen
        service_id, starts = await free_starts(backend, 1, 2)
        for version, start in zip(VERSIONS, starts, strict=True):
            body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
            booked = await backend.ask("POST", f"/api/{version}/appointments", "client", body=body)
            moved = await backend.ask(
                "POST", f"/api/{version}/appointments/{booked.body['id']}/cancel", "client"
            )
            answers.append((booked.status, moved.status))
        return answers

    variants = [build("before"), build("after"), build("after", removed=["literal_routes"])]
    results = [serve_and(chosen.components, clone(chosen.components.migrations), work) for chosen in variants]

    assert results[0] == results[1] == results[2]
    assert results[0][-2:] == [(201, 200), (201, 200)]
