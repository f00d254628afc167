"""BEFORE's services are live objects, each with its own work and state; requests pass through them."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from reference_app.caching.changes import NoChanges
from reference_app.externals.gateway import Gateway
from reference_app.families.catalogue import FAMILIES
from reference_app.families.duty import Subject
from reference_app.legacy.services.kinds import (
    CATALOGUE,
    BusinessService,
    GuardService,
    MessageService,
    WatchService,
)
from reference_app.legacy.services.locator import ServiceLocator
from reference_app.services.registry import ServiceParts
from reference_app.settings import Settings
from reference_app.storage.connections import Connection, ConnectionPerUse
from reference_app.storage.loaded_data import read_loaded_data
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone


@pytest.fixture(scope="module")
def figures(postgres_url: str, templates: Any) -> dict[str, Any]:
    """Start a locator and let each of its services work once."""
    url = postgres_url.rsplit("/", 1)[0] + "/" + templates[()]

    async def run_all() -> dict[str, Any]:
        raw = await asyncpg.connect(url)
        loaded = await read_loaded_data(raw)
        connections = ConnectionPerUse(url)
        settings = Settings(database_url=url, port=1)
        locator = ServiceLocator(
            ServiceParts(
                settings=settings,
                connections=connections,
                gateway=Gateway(""),
                changes=NoChanges(),
                loaded=loaded,
            )
        )
        await locator.start()
        subject = Subject(day=loaded.anchor_date, client_id=2)
        services = [service for family in FAMILIES for service in locator.family(family)]
        found = {service.name: await service.run(Connection(raw), subject) for service in services}
        await raw.close()
        await locator.stop()
        return found | {"locator": locator}

    return asyncio.run(run_all())


def test_there_are_more_than_190_services_in_about_twenty_families(figures: dict[str, Any]) -> None:
    states = figures["locator"].states()
    sizes = Counter(state.family for state in states)

    assert len(states) == len({state.name for state in states}) > 190
    assert 20 <= len(sizes) <= 25
    assert (sizes["analytics"], sizes["marketing"], sizes["payment"]) == (12, 15, 5)
    assert sizes["booking"] >= 6
    assert sizes["auth"] >= 8
    assert sizes["cache"] >= 4


@pytest.mark.parametrize("family", FAMILIES)
def test_no_two_services_of_a_family_do_the_same(family: str) -> None:
    duties = FAMILIES[family]
    # Two of one family may read the same rows; what they make of them differs.
    works = {(duty.sql, duty.figure.__qualname__, _captured(duty.figure)) for duty in duties}

    assert len(works) == len(duties)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_service_of_a_family_works_and_keeps_its_own_state(
    family: str, figures: dict[str, Any]
) -> None:
    for service in figures["locator"].family(family):
        assert service.call_count == 1
        assert len(service.cache) == 1
        catalogue = getattr(service, "catalogue", [])
        assert bool(catalogue) == isinstance(service, BusinessService)
        assert service.database.statement_count == 1 + len(CATALOGUE) * bool(catalogue)
        noted = next(iter(service.cache.values())).catalogue
        assert noted == catalogue
        assert noted is not catalogue or not catalogue
    own = [(id(s.cache), id(s.database), id(s.configuration)) for s in figures["locator"].family(family)]
    assert len(set(own)) == len(own)


def test_kinds_of_services_keep_what_is_theirs(figures: dict[str, Any]) -> None:
    services = [service for family in FAMILIES for service in figures["locator"].family(family)]
    kinds = Counter(type(service) for service in services)

    assert set(kinds) == {BusinessService, GuardService, MessageService, WatchService}
    assert all(service.outbox for service in services if service.name == "newsletter_service")
    assert all(len(service.series) == 1 for service in services if isinstance(service, WatchService))
    assert all(service.change_count == 0 for service in services if isinstance(service, GuardService))


def test_figures_are_those_of_the_rows(figures: dict[str, Any], postgres_url: str, templates: Any) -> None:
    url = postgres_url.rsplit("/", 1)[0] + "/" + templates[()]

    async def read() -> list[Any]:
        connection = await asyncpg.connect(url)
        values = [
            await connection.fetchval(
                "SELECT coalesce(sum(amount_cents), 0) FROM payments WHERE client_id = 2"
            ),
            await connection.fetchval("SELECT email FROM clients WHERE id = 2"),
            await connection.fetchval("SELECT count(*) FROM barbers WHERE location_id = 1"),
        ]
        await connection.close()
        return values

    names = ("revenue_analytics_service", "email_channel_service", "franchise_staffing_service")
    assert [figures[name] for name in names] == asyncio.run(read())


@pytest.mark.parametrize(
    ("path", "role", "families"),
    [
        ("/api/v2/availability/slots?barber_id=1&service_id=1&date=2026-03-19", "", {"booking"}),
        ("/api/v2/clients/1/history", "client", {"auth", "analytics"}),
        ("/api/v2/analytics/revenue?days=7", "owner", {"auth", "analytics"}),
    ],
)
def test_a_request_passes_through_every_service_of_its_families(
    path: str, role: str, families: set[str], clone: Clone
) -> None:
    components = build("before").components

    async def work(backend: Backend) -> Any:
        if role:
            await backend.token(role)
        before = await _call_counts(backend)
        assert (await backend.ask("GET", path, role)).status == 200
        return before, await _call_counts(backend)

    before, after = serve_and(components, clone(components.migrations), work)
    passed = Counter(family for name, (family, count) in after.items() if count > before[name][1])
    passed.pop("domain")

    assert passed == {family: len(FAMILIES[family]) for family in families}


def test_after_has_fewer_than_fifty_services_and_no_chain(clone: Clone) -> None:
    components = build("after").components

    async def work(backend: Backend) -> Any:
        return (await backend.ask("GET", "/api/v2/monitoring/services")).body

    body = serve_and(components, clone(components.migrations), work)

    assert 5 <= body["total_services"] == len(body["services"]) < 50
    assert sum(body["families"].values()) == body["total_services"]


async def _call_counts(backend: Backend) -> dict[str, tuple[str, int]]:
    services = (await backend.ask("GET", "/api/v2/monitoring/services")).body["services"]
    return {entry["name"]: (entry["family"], entry["call_count"]) for entry in services}


def _captured(figure: Any) -> tuple[Any, ...]:
    return tuple(cell.cell_contents for cell in getattr(figure, "__closure__", None) or ())
