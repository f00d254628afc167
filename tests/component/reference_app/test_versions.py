"""Version 1, version 2 and every channel answer the same; how routes are found is what differs."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from aiohttp import web

from reference_app.app import make_app
from reference_app.legacy.alias_routes import DUPLICATES, alias_routes
from reference_app.settings import Settings
from reference_app.storage.loaded_data import LoadedData
from reference_app.variants import build
from reference_app.web.mounts import CHANNELS, HOME, MONITORING, VERSIONS, literal_mounts
from tests.component.reference_app.backends import Backend, free_starts, serve_and
from tests.component.reference_app.conftest import Clone

MOUNTS = len(CHANNELS) * len(VERSIONS)


async def _answer(_: web.Request) -> web.Response:
    return web.Response()


ROUTES = [
    web.get("/health/live", _answer),
    web.get(f"{MONITORING}layers", _answer),
    *(web.get(f"{HOME}/x{n}/{{id}}", _answer) for n in range(20)),
]


def test_before_repeats_every_route_under_a_variable_and_eleven_of_them_twice() -> None:
    routes = alias_routes(ROUTES)
    pairs = [(route.method, route.path) for route in routes]

    assert len(routes) == 2 + 20 * MOUNTS + DUPLICATES
    assert len(pairs) - len(set(pairs)) == DUPLICATES == 11
    assert [path for _, path in pairs[:2]] == ["/health/live", f"{MONITORING}layers"]
    assert all(path.startswith("/{channel:") for _, path in pairs[2:])


def test_after_has_each_route_once_under_literal_prefixes() -> None:
    paths = [route.path for route in literal_mounts(ROUTES)]

    assert len(paths) == len(set(paths)) == 2 + 20 * MOUNTS
    assert not any(path.startswith("/{") for path in paths)


@pytest.mark.parametrize(("variant", "duplicates"), [("before", 11), ("p5", 11), ("after", 0)])
def test_the_application_has_about_675_routes_of_which_eleven_are_duplicates(
    variant: str, duplicates: int
) -> None:
    loaded = LoadedData(anchor_date=date(2026, 3, 16), migrations=())
    app = make_app(build(variant).components, Settings(database_url="", port=1), loaded)
    routes = Counter(
        (route.method, str(route.resource.get_info().get("pattern", route.resource.canonical)))
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    )

    assert routes.total() == pytest.approx(675, rel=0.03)
    assert routes.total() - len(routes) == duplicates


def test_versions_and_channels_answer_the_same_in_every_variant(clone: Clone) -> None:
    async def work(backend: Backend) -> Any:
        answers = []
        for path, role, channels in (
            ("/locations", "", CHANNELS),
            ("/availability/slots?barber_id=1&service_id=1&date=2026-03-19", "", ("api", "kiosk")),
            ("/clients/1/history", "client", ("api", "web")),
            ("/clients/1/history", "", CHANNELS),
            ("/clients/one/history", "client", ("api", "app")),
            ("/nothing", "", CHANNELS),
            ("/monitoring/middleware", "", CHANNELS[:-1]),
        ):
            seen = {
                (answer.status, answer.text)
                for channel in channels
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
