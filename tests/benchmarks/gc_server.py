"""AFTER with one way of collecting garbage: `python -m tests.benchmarks.gc_server WAY PORT DATABASE_URL`."""

import asyncio
import gc
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import cast

from reference_app.memory.garbage_collection import (
    OLDER_THRESHOLDS,
    DefaultGarbageCollection,
    GarbageCollection,
    GarbageCollectionOptimizer,
)
from reference_app.server import serve
from reference_app.settings import Settings
from reference_app.variants import Build, build


def _frozen(young: int) -> Callable[[], GarbageCollection]:
    return partial(GarbageCollectionOptimizer, lambda: (young, *OLDER_THRESHOLDS))


DEFAULT, CHOSEN = "Python's own", "frozen, thresholds chosen"
WAYS: Mapping[str, Callable[[], GarbageCollection]] = {
    DEFAULT: DefaultGarbageCollection,
    "frozen alone": partial(GarbageCollectionOptimizer, gc.get_threshold),
    "frozen, 2,000": _frozen(2_000),
    "frozen, 10,000": _frozen(10_000),
    "frozen, 50,000": _frozen(50_000),
    CHOSEN: GarbageCollectionOptimizer,
}
"""By the young threshold, where it is set."""


def main(way: str, port: str, database_url: str) -> None:
    """Serve until told to stop."""
    components = replace(build("after").components, garbage_collection=WAYS[way])
    settings = Settings(
        database_url=database_url,
        port=int(port),
        requests_per_minute=10**9,
        anonymous_requests_per_minute=10**9,
        externals_url="http://127.0.0.1:9",
    )
    with asyncio.Runner(loop_factory=components.event_loop) as runner:
        runner.run(serve(cast(Build, SimpleNamespace(id=way, components=components)), settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
