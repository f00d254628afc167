"""AFTER's dozen services have every duty of BEFORE's two hundred; docs/services.md says which has which."""

import asyncio
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reference_app.caching.changes import NoChanges
from reference_app.externals.gateway import Gateway
from reference_app.failure import StartError
from reference_app.families.catalogue import FAMILIES
from reference_app.families.duty import Subject
from reference_app.legacy.services.locator import ServiceLocator
from reference_app.services.definitions import definitions
from reference_app.services.optimized_registry import make_registry
from reference_app.services.registry import ServiceParts
from reference_app.settings import Settings
from reference_app.storage.connections import Connection, ConnectionPerUse
from reference_app.storage.loaded_data import LoadedData, read_loaded_data
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

ANCHOR = date(2026, 3, 16)
DOCUMENT = Path(__file__).parents[3] / "docs" / "services.md"
HEAD = """\
# Where the duties of the old services went

Each of BEFORE's services works one figure out, each time that a request passes its family. AFTER has the
services of the second column; each answers the figures of whole families when somebody asks for one
(`OptimizedServiceRegistry.work_out`), and none otherwise. A test compares every figure of both and this table
with both registries; with `KPIBENCH_GOLDEN=rewrite`, `tests/component/reference_app/test_services.py` writes
it anew.

| old service | family | service now |
| --- | --- | --- |
"""


def parts_of(url: str, loaded: Any) -> ServiceParts:
    return ServiceParts(
        settings=Settings(database_url=url, port=1),
        connections=ConnectionPerUse(url),
        gateway=Gateway(""),
        changes=NoChanges(),
        loaded=loaded,
    )


@pytest.fixture
def nowhere() -> ServiceParts:
    """Parts of services that are looked at and never started."""
    return parts_of("", LoadedData(anchor_date=ANCHOR, migrations=()))


def test_every_old_service_has_one_new_home_and_the_document_names_it(nowhere: ServiceParts) -> None:
    old = [(state.name, state.family) for state in ServiceLocator(nowhere).states()]
    homes = {family: entry.name for entry in definitions(nowhere) for family in entry.families}
    new = {state.name for state in make_registry(nowhere).states()}
    table = HEAD + "".join(f"| `{name}` | {family} | `{homes[family]}` |\n" for name, family in old)
    if os.environ.get("KPIBENCH_GOLDEN") == "rewrite":
        DOCUMENT.write_text(table, encoding="utf-8")

    assert len(old) == sum(map(len, FAMILIES.values()))
    assert set(homes) == set(FAMILIES)
    assert sum(len(entry.families) for entry in definitions(nowhere)) == len(homes)
    assert set(homes.values()) <= new
    assert DOCUMENT.read_text("utf-8") == table


def test_the_new_homes_work_out_every_figure_that_the_old_services_did(
    postgres_url: str, templates: Any
) -> None:
    url = postgres_url.rsplit("/", 1)[0] + "/" + templates[()]

    async def both() -> tuple[dict[str, Any], dict[str, Any]]:
        raw = await asyncpg.connect(url)
        parts = parts_of(url, await read_loaded_data(raw))
        locator, registry = ServiceLocator(parts), make_registry(parts)
        subject = Subject(day=parts.loaded.anchor_date, client_id=2)
        old, new = {}, {}
        # Figures about the server itself change from one look to the next.
        names = [duty.name for duties in FAMILIES.values() for duty in duties]
        for name in names:
            service = locator.get(f"{name}_service")
            await service.start(Connection(raw))
            old[name] = await service.run(Connection(raw), subject)
            new[name] = await registry.work_out(name, subject)
        await raw.close()
        return old, new

    old, new = asyncio.run(both())
    moving = {"database_monitor", "connection_monitor", "index_monitor"}

    assert len(new) == len(old) == 194
    assert {name: new[name] for name in old if name not in moving} == {
        name: old[name] for name in old if name not in moving
    }


def test_after_has_fewer_than_fifty_live_services_that_tell_how_they_are(clone: Clone) -> None:
    components = build("after").components

    async def work(backend: Backend) -> Any:
        first = (await backend.ask("GET", "/api/v2/monitoring/services")).body
        for path, role in (
            ("/api/v2/clients/1/history", "client"),
            ("/api/v2/clients/999999/history", "owner"),
            ("/api/v2/availability/slots?barber_id=1&service_id=1&date=2026-03-19", ""),
        ):
            await backend.ask("GET", path, role)
        return first, (await backend.ask("GET", "/api/v2/monitoring/services")).body

    first, body = serve_and(components, clone(components.migrations), work)
    services = {service["name"]: service for service in body["services"]}

    assert 5 <= body["total_services"] == len(services) < 50
    assert {s["lifecycle"] for s in first["services"]} == {"ready", "uninitialized"}
    assert [services[n]["lifecycle"] for n in ("database", "booking", "payments")] == [
        "ready",
        "ready",
        "uninitialized",
    ]
    assert all(service["is_healthy"] for service in services.values())
    assert (services["analytics"]["call_count"], services["analytics"]["error_count"]) == (2, 0)
    assert services["analytics"]["busy_ms"] > 0


def test_a_database_that_cannot_be_reached_stops_the_start_and_is_named() -> None:
    url = "postgresql://nobody:nothing@127.0.0.1:9/nowhere"
    parts = parts_of(url, LoadedData(anchor_date=ANCHOR, migrations=()))
    pool = build("after").components.connections(parts.settings)
    registry = make_registry(replace(parts, connections=pool))

    with pytest.raises(StartError, match="Service 'database' could not start"):
        asyncio.run(registry.start())

    assert {s.lifecycle for s in registry.states() if s.name == "database"} == {"error"}
