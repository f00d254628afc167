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


async def looked_at(backend: Backend) -> tuple[Any, int]:
    """Collect all, and count what the collector had to look at."""
    assert (await backend.ask("POST", f"{MEMORY}/cleanup", "owner")).status == 200
    return (await backend.ask("GET", MEMORY)).body["collections"], len(gc.get_objects())


def test_what_the_start_made_is_looked_at_no_more_and_thresholds_are_pythons_again_afterwards(
    clone: Clone,
) -> None:
    thresholds = gc.get_threshold()
    without, all_objects = ask(["garbage_collection"], clone, looked_at)
    with_it, young_objects = ask([], clone, looked_at)

    assert (without["frozen_count"], tuple(without["thresholds"])) == (0, thresholds)
    assert without["generations"][2]["count"] >= 1
    assert with_it["generations"][2]["longest_ms"] > 0
    assert with_it["frozen_count"] > 0.9 * all_objects
    assert young_objects < 0.1 * all_objects
    assert LEAST_THRESHOLD <= with_it["thresholds"][0] <= MOST_THRESHOLD
    assert with_it["thresholds"][1:] > without["thresholds"][1:]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)


def test_what_the_warm_up_made_is_frozen_with_its_last_request(clone: Clone) -> None:
    kept = []

    async def work(backend: Backend) -> list[int]:
        kept.extend([None] for _ in range(10_000))
        frozen = []
        for count in (1, WARM_UP_REQUESTS):
            for _ in range(count):
                await backend.ask("GET", "/health/live")
            frozen.append((await backend.ask("GET", MEMORY)).body["collections"]["frozen_count"])
        return frozen

    cold, warm = ask([], clone, work)

    assert warm > cold + len(kept)
