"""AllocationTrace is off when its time is over (test_leak_detector.py: what it names)."""

import asyncio
import tracemalloc

from reference_app.memory.allocation_trace import AllocationTrace


async def closed_before_its_time():
    trace = AllocationTrace()
    trace.begin(600)
    await asyncio.sleep(0)
    during = (trace.is_on, tracemalloc.is_tracing())
    trace.begin(600)  # goes on
    await trace.close()
    return during, (trace.is_on, tracemalloc.is_tracing()), trace.growth


def test_a_trace_that_is_closed_before_its_time_ends_without_a_result():
    assert asyncio.run(closed_before_its_time()) == ((True, True), (False, False), None)


def test_who_traced_before_goes_on_tracing():
    tracemalloc.start()
    try:
        assert asyncio.run(closed_before_its_time()) == ((True, True), (False, True), None)
    finally:
        tracemalloc.stop()


def test_closing_without_a_trace_does_nothing():
    asyncio.run(AllocationTrace().close())

    assert not tracemalloc.is_tracing()
