"""MemoryMonitoringService: readings at a pace, changes told once, nothing left behind."""

import asyncio
import gc
import logging
import weakref
from dataclasses import replace
from itertools import count

import pytest

from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.leak_detector import LEAST_SAMPLES, WARM_UP_REQUESTS, Severity
from reference_app.memory.monitoring_service import (
    MemoryMonitoringService,
    MemoryOnDemand,
    clean_up,
    level_of,
)
from reference_app.memory.process_reading import MB, MemoryReading, read_process
from reference_app.scalability.alerts import Alerts


def reading(uss_mb, cache_bytes=0):
    return MemoryReading(
        uss_bytes=round(uss_mb * MB),
        rss_bytes=round(uss_mb * MB),
        live_bytes=round(uss_mb * MB),
        block_count=1_000,
        fd_count=9,
        thread_count=2,
        cache_bytes=cache_bytes,
    )


def watch(uss_of, samples, caches=None):
    """Sample a service whose clock goes on by twenty seconds each time; answer its state and what it told."""
    now, alerts = [-20.0], Alerts()

    def read(cache_bytes):
        now[0] += 20
        return reading(uss_of(now[0]), cache_bytes)

    async def sampled():
        requests = count(WARM_UP_REQUESTS, 200)
        made = MemoryMonitoringService(
            caches or BoundedCaches(),
            alerts,
            lambda: next(requests),
            read=read,
            collect=int,
            clock=lambda: now[0],
        )
        for _ in range(samples):
            await made.sample()
        return await made.state()

    state = asyncio.run(sampled())
    return state, [
        (one["key"], one["state"], one["severity"], one["sentence"]) for one in alerts.snapshot()["recent"]
    ]


def test_a_leak_is_told_once_with_its_severity_and_pace():
    state, told = watch(lambda at_s: 50 + at_s / 10, 3 * LEAST_SAMPLES)

    assert state.severity is Severity.CRITICAL
    assert told == [("memory leak", "raised", "critical", "Memory leaks: 360.0 MB an hour (360.0 to 360.0).")]


def test_a_leak_that_has_ended_is_taken_back():
    state, told = watch(lambda at_s: 50 + min(at_s, 900) / 10, 120)

    assert state.severity is Severity.NONE
    assert [entry[1] for entry in told][-1] == "recovered"
    assert {entry[0] for entry in told} == {"memory leak"}


def test_a_quiet_server_tells_nothing(caplog):
    with caplog.at_level(logging.WARNING):
        state, told = watch(lambda _at_s: 50, 3 * LEAST_SAMPLES)

    assert (state.severity, state.level, told) == (Severity.NONE, "normal", [])
    assert caplog.records == []


def test_the_caches_are_asked_at_each_reading_and_their_growth_is_none():
    caches, held = BoundedCaches(), iter(range(0, 10**9, MB))
    caches.declare("one", lambda: next(held), 10**9)

    state, told = watch(lambda at_s: 50 + at_s / 20, 3 * LEAST_SAMPLES, caches)

    assert state.reading.cache_bytes == 3 * LEAST_SAMPLES * MB
    assert (state.severity, told) == (Severity.NONE, [])


def test_each_level_is_told_when_it_is_reached_and_when_it_is_left():
    levels = [50, 1_200, 1_300, 2_500, 50]
    _, told = watch(lambda at_s: levels[min(int(at_s // 20), 4)], 5)

    assert told == [
        ("memory level", "raised", "high", "The process holds 1200 MB."),
        ("memory level", "raised", "critical", "The process holds 2500 MB."),
        ("memory level", "recovered", "critical", "The process holds 50 MB."),
    ]


@pytest.mark.parametrize(("uss_mb", "level"), [(999, "normal"), (1_000, "alert"), (2_000, "critical")])
def test_the_levels_begin_where_they_say(uss_mb, level):
    assert level_of(reading(uss_mb)) == level


def test_what_waits_for_the_collector_is_collected_before_a_reading_is_judged_and_not_before_the_warm_up():
    class Thing:
        def __init__(self):
            self.itself = self

    def is_left_after_a_reading(requests):
        left = weakref.ref(Thing())
        watching = MemoryMonitoringService(
            BoundedCaches(), Alerts(), lambda: requests, read=lambda _: reading(50)
        )
        asyncio.run(watching.sample())
        return left() is not None

    gc.disable()
    try:
        assert is_left_after_a_reading(WARM_UP_REQUESTS - 1)
        assert not is_left_after_a_reading(WARM_UP_REQUESTS)
    finally:
        gc.enable()


def test_where_the_bytes_in_use_cannot_be_told_no_severity_is_claimed():
    watching = MemoryMonitoringService(
        BoundedCaches(), Alerts(), int, read=lambda _: replace(reading(50), live_bytes=None)
    )

    assert asyncio.run(watching.state()).severity is None


def test_it_reads_by_itself_from_its_start_to_its_stop():
    taken = []

    async def live():
        loop, thrice = asyncio.get_running_loop(), asyncio.Event()

        def read(_):  # in a thread of its own
            taken.append(1)
            if len(taken) == 3:
                loop.call_soon_threadsafe(thrice.set)
            return reading(50)

        made = MemoryMonitoringService(BoundedCaches(), Alerts(), int, read=read, interval_s=0.001)
        await made.start()
        await thrice.wait()
        await made.stop()
        return len(taken), [task.get_name() for task in asyncio.all_tasks()]

    taken_count, tasks = asyncio.run(live())

    assert taken_count == len(taken) >= 3
    assert "memory monitoring" not in tasks


def test_on_demand_knows_the_present_and_claims_nothing_of_leaks():
    state = asyncio.run(MemoryOnDemand(BoundedCaches()).state())

    assert (state.trend, state.severity) == (None, None)
    assert state.reading.uss_bytes > MB


def test_a_clean_up_collects_cycles_that_nothing_else_would():
    def leave_cycles():
        for _ in range(100):
            cycle = []
            cycle.append(cycle)

    leave_cycles()
    done = asyncio.run(clean_up())

    assert done.collected_count >= 100
    assert done.freed_bytes >= 0
    assert done.reading.block_count <= read_process().block_count + 100_000
