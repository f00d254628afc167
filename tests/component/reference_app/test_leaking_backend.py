"""Each request to a running BEFORE adds one to each leak that is open (test_leaks.py: how many bytes)."""

from dataclasses import replace
from typing import Any

import pytest

from reference_app.legacy.leaks import Leaks
from reference_app.middleware.layer import Layer
from reference_app.settings import LEAKS
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

REQUESTS = 5


@pytest.mark.parametrize("open_kinds", [LEAKS, ("sessions", "caches"), ()], ids=["all", "two", "none"])
def test_each_request_of_a_known_caller_grows_each_open_leak_by_one(
    open_kinds: tuple[str, ...], clone: Clone
) -> None:
    made: list[Layer] = []
    before = build("before").components

    def keep(*parts: Any) -> tuple[Layer, ...]:
        made.extend(before.layers(*parts))
        return tuple(made)

    async def work(backend: Backend) -> list[dict[str, int]]:
        await backend.token("client")
        counts = [_kept(made)]
        for _ in range(REQUESTS):
            await backend.ask("GET", "/health/live", "client")
        return [*counts, _kept(made)]

    url = clone(before.migrations)
    start, end = serve_and(replace(before, layers=keep), url, work, leaks=frozenset(open_kinds))

    grown = {kind: end[kind] - start[kind] for kind in LEAKS}
    assert grown == {kind: REQUESTS if kind in open_kinds else 0 for kind in LEAKS}


def test_no_layer_of_after_has_leaks(clone: Clone) -> None:
    made: list[Layer] = []
    after = build("after").components

    def keep(*parts: Any) -> tuple[Layer, ...]:
        made.extend(after.layers(*parts))
        return tuple(made)

    async def work(backend: Backend) -> int:
        return (await backend.ask("GET", "/health/live")).status

    assert serve_and(replace(after, layers=keep), clone(after.migrations), work) == 200
    assert [layer.name for layer in made if hasattr(layer, "_leaks")] == []


def _kept(layers: list[Layer]) -> dict[str, int]:
    leaks: Leaks = next(layer._leaks for layer in layers if hasattr(layer, "_leaks"))
    return {kind: getattr(leaks, kind).kept_count for kind in LEAKS}
