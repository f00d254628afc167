"""What every variant tells of its memory, and what the owner alone may ask for."""

import gc
from typing import Any

import pytest

from reference_app.memory.process_reading import MB
from reference_app.settings import KEPT_ANSWERS_BYTES
from reference_app.variants import build
from tests.component.reference_app.backends import Answer, Backend, serve_and
from tests.component.reference_app.conftest import Clone

MEMORY = "/api/v2/monitoring/memory"


def ask(variant: str, clone: Clone, work: Any) -> Any:
    components = build(variant).components
    return serve_and(components, clone(components.migrations), work)


@pytest.mark.parametrize(
    ("variant", "severity", "caches"),
    [("before", None, []), ("after", "none", ["kept answers", "known callers", "refused callers"])],
)
def test_every_variant_tells_what_it_knows_and_no_more(
    variant: str, severity: str | None, caches: list[str], clone: Clone
) -> None:
    async def work(backend: Backend) -> Any:
        await backend.ask("GET", "/api/v2/locations", "client")
        return (await backend.ask("GET", MEMORY)).body, backend.connections.opened_count

    body, opened_count = ask(variant, clone, work)

    assert body["leak"] == {"severity": severity}
    assert body["trend"] is None
    assert (body["level"], body["pools"]) == (
        "normal",
        [{"name": "database", "opened_count": opened_count}],
    )
    assert sorted(cache["name"] for cache in body["caches"]) == caches
    assert all(
        0 <= cache["held_bytes"] < 0.01 * cache["most_bytes"] <= KEPT_ANSWERS_BYTES
        for cache in body["caches"]
    )
    assert [cache["name"] for cache in body["caches"] if not cache["held_bytes"]] == caches[2:]
    assert 10 * MB < body["current"]["live_bytes"] < body["current"]["uss_bytes"]
    assert body["current"]["uss_bytes"] <= body["current"]["rss_bytes"]
    assert [set(one) for one in body["collections"]["generations"]] == [
        {"count", "total_ms", "p50_ms", "p99_ms", "longest_ms"}
    ] * 3


def test_a_clean_up_by_the_owner_alone_frees_what_only_cycles_held(clone: Clone) -> None:
    def leave_cycles() -> None:
        for _ in range(1_000):
            cycle: list[Any] = [bytes(1_000)]
            cycle.append(cycle)

    async def work(backend: Backend) -> list[Answer]:
        roles = ("", "client", "staff", "owner")
        for role in roles[1:]:
            await backend.token(role)
        gc.disable()
        try:
            leave_cycles()
            return [await backend.ask("POST", f"{MEMORY}/cleanup", role) for role in roles]
        finally:
            gc.enable()

    *refused, done = ask("after", clone, work)

    assert [answer.status for answer in refused] == [401, 403, 403]
    assert (done.status, done.body["collected_count"] >= 1_000) == (200, True)
