"""`orchestrator`: without it every request passes every layer, with it those that its route needs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reference_app.failure import StartError
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
ALL_THIRTEEN = 13


def test_a_request_passes_the_cache_without_it_where_nothing_may_be_kept_and_with_it_does_not(
    clone: Clone,
) -> None:
    kept, not_kept = "/api/v2/locations", "/health/live"

    assert _passed(build("after", removed=["orchestrator"]), clone, not_kept) == [1, 1, 1, 1, 1]
    assert _passed(build("after"), clone, not_kept) == [1, 1, 1, 1, 0]
    assert _passed(build("after"), clone, kept) == [1, 1, 1, 1, 1]
    assert _passed(build("after"), clone, "/api/v2/nothing") == [1, 1, 1, 1, 0]


def test_before_with_it_leaves_out_the_layers_that_have_nothing_to_do(clone: Clone) -> None:
    assert _passed(build("before"), clone, "/health/live") == [1] * ALL_THIRTEEN

    with_it = _passed(build("before", added=["orchestrator"]), clone, "/health/live")

    # Tenancy, limits on money and the cache; a look at a page changes nothing.
    assert with_it == [1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("left_out", "unmet"),
    [
        ("consolidated_auth", "audit, known caller, money limits, same site, second factor"),
        ("consolidated_security", "harmless address, security headers, signed webhooks, sound body"),
        ("optimized_rate_limiting", "rate limit"),
        ("optimized_cache", "kept answers"),
    ],
)
def test_a_need_that_no_layer_meets_stops_the_start(left_out: str, unmet: str, clone: Clone) -> None:
    components = build("after").components

    def layers(*parts: Any) -> Any:
        return tuple(layer for layer in components.layers(*parts) if layer.name != left_out)

    async def work(_: Backend) -> None:
        raise AssertionError("it started")

    with pytest.raises(StartError, match=f"what .* needs: {unmet}"):
        serve_and(replace(components, layers=layers), clone(components.migrations), work)


def _passed(chosen: Build, clone: Clone, path: str) -> list[int]:
    """Count by layer how often a request of a path passes it."""

    async def work(backend: Backend) -> list[int]:
        before = await _counts(backend)
        await backend.ask("GET", path)
        after = await _counts(backend)
        own = await _counts(backend)
        # What asking for the counts itself adds, once.
        return [b - a - (c - b) for a, b, c in zip(before, after, own, strict=True)]

    counts: list[int] = serve_and(chosen.components, clone(chosen.components.migrations), work)
    return counts


async def _counts(backend: Backend) -> list[int]:
    body = (await backend.ask("GET", "/api/v2/monitoring/middleware")).body
    return [layer["calls"] for layer in body["layers"]]
