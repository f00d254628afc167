"""`memory_monitoring`: without it a leak shows when the memory ends, with it by its slope while it serves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import pytest

from reference_app.memory.leak_detector import LEAST_SAMPLES, WARM_UP_REQUESTS
from reference_app.memory.process_reading import MB, MemoryReading
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
MEMORY = "/api/v2/monitoring/memory"


async def ask_until_judged(backend: Backend) -> Any:
    """Serve the warm-up, and go on until there is a severity other than none."""
    for _ in range(WARM_UP_REQUESTS):
        await backend.ask("GET", "/health/live")
    async with asyncio.timeout(60):
        while True:
            body = (await backend.ask("GET", MEMORY)).body
            if body["leak"]["severity"] not in {"none", "low"}:
                return body


def test_a_process_that_grows_is_told_by_its_pace(clone: Clone, caplog: pytest.LogCaptureFixture) -> None:
    numbers = count()

    def growing(cache_bytes: int) -> MemoryReading:
        uss_bytes = 100 * MB + next(numbers) * MB
        return MemoryReading(
            uss_bytes=uss_bytes,
            rss_bytes=uss_bytes,
            live_bytes=uss_bytes,
            block_count=1,
            fd_count=1,
            thread_count=1,
            cache_bytes=cache_bytes,
        )

    after = build("after").components
    watched = partial(after.memory_monitoring, read=growing, collect=int, interval_s=0.001)
    chosen = replace(after, memory_monitoring=watched)

    body = serve_and(chosen, clone(chosen.migrations), ask_until_judged)

    assert body["leak"]["severity"] == "critical"
    assert body["trend"]["sample_count"] >= LEAST_SAMPLES
    assert body["trend"]["mb_per_hour"]["low"] > 200
    assert [r.levelname for r in caplog.records if "memory leak" in r.message] == ["CRITICAL"]


def test_without_it_nothing_is_claimed_of_trend_or_leak(clone: Clone) -> None:
    chosen = build("after", removed=["memory_monitoring"]).components

    async def work(backend: Backend) -> Any:
        return (await backend.ask("GET", MEMORY)).body

    body = serve_and(chosen, clone(chosen.migrations), work)

    assert (body["trend"], body["leak"]) == (None, {"severity": None})
    assert body["current"]["uss_bytes"] > MB
