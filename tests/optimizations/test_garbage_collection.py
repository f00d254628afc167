"""`garbage_collection`: without it the collector looks at all that the start made, with it at what is new."""

import gc
from collections.abc import Callable
from typing import Any

from reference_app.memory.garbage_collection import LEAST_THRESHOLD, MOST_THRESHOLD, WARM_UP_REQUESTS
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
MEMORY = "/api/v2/monitoring/memory"


def ask(removed: list[str], clone: Clone, work: Any) -> Any:
    chosen = build("after", removed=removed).components
    return serve_and(chosen, clone(chosen.migrations), work)


async def looked_at(backend: Backend) -> tuple[Any, Any, int]:
    """Warm up, collect all, and count what the collector had to look at."""
    cold = (await backend.ask("GET", MEMORY)).body["collections"]
    for _ in range(WARM_UP_REQUESTS):
        await backend.ask("GET", "/health/live")
    assert (await backend.ask("POST", f"{MEMORY}/cleanup", "owner")).status == 200
    return cold, (await backend.ask("GET", MEMORY)).body["collections"], len(gc.get_objects())


def test_what_start_and_warm_up_made_is_looked_at_no_more_and_thresholds_are_pythons_again_afterwards(
    clone: Clone,
) -> None:
    thresholds = gc.get_threshold()
    _, without, all_objects = ask(["garbage_collection"], clone, looked_at)
    cold, with_it, young_objects = ask([], clone, looked_at)

    for pythons in (without, cold, with_it["before"]):
        assert tuple(pythons["thresholds"]) == thresholds
    assert (without["frozen_count"], without["before"], cold["frozen_count"], cold["before"]) == (
        0,
        None,
        0,
        None,
    )
    assert without["generations"][2]["count"] >= 1
    assert with_it["generations"][2]["p99_ms"] > 0
    assert with_it["frozen_count"] > 0.9 * all_objects
    assert young_objects < 0.1 * all_objects
    assert LEAST_THRESHOLD <= with_it["thresholds"][0] <= MOST_THRESHOLD
    assert with_it["thresholds"][1:] > without["thresholds"][1:]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)
