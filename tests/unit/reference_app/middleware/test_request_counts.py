"""MemoryCounts against a bucket that is filled evenly, which is what GCRA is another spelling of."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from reference_app.middleware.request_counts import Count, MemoryCounts
from reference_app.middleware.request_limits import Allowance

WINDOW_S = 64
COUNTS = st.sampled_from([1, 2, 4, 16, 64, 256])
"""Powers of two: intervals, times and levels are then exact, and equal means equal."""
PAUSES_S = st.lists(st.integers(0, 64 * 8).map(lambda eighths: eighths / 8), max_size=60)


@dataclass
class Bucket:
    """The reference: drops come evenly, a request takes one or is refused."""

    allowance: Allowance
    level: float
    at_s: float = 0.0

    def ask(self, now_s: float) -> Count:
        rate = self.allowance.request_count / self.allowance.window_s
        self.level = min(self.allowance.burst, self.level + (now_s - self.at_s) * rate)
        self.at_s = now_s
        is_admitted = self.level >= 1
        self.level -= is_admitted
        missing = self.allowance.burst - self.level
        retry_after_s = 0.0 if is_admitted else (1 - self.level) / rate
        return Count(is_admitted, int(self.level), missing / rate, retry_after_s)


def asked(allowance: Allowance, pauses_s: Sequence[float]) -> tuple[list[Count], list[Count]]:
    """Ask both after each pause."""
    now_s = 0.0
    counts, bucket = MemoryCounts(lambda: now_s), Bucket(allowance, allowance.burst)

    async def ask() -> tuple[list[Count], list[Count]]:
        nonlocal now_s
        ours, theirs = [], []
        for pause_s in pauses_s:
            now_s += pause_s
            ours.append(await counts.count(allowance))
            theirs.append(bucket.ask(now_s))
        return ours, theirs

    return asyncio.run(ask())


@given(request_count=COUNTS, burst=COUNTS, pauses_s=PAUSES_S)
def test_it_says_what_a_bucket_that_is_filled_evenly_would_say(
    request_count: int, burst: int, pauses_s: list[float]
) -> None:
    ours, theirs = asked(Allowance("minute", "somebody", request_count, WINDOW_S, burst), pauses_s)

    assert ours == theirs


@given(request_count=COUNTS, burst=COUNTS, pauses_s=PAUSES_S)
def test_no_window_holds_more_than_its_share_and_one_burst(
    request_count: int, burst: int, pauses_s: list[float]
) -> None:
    ours, _ = asked(Allowance("minute", "somebody", request_count, WINDOW_S, burst), pauses_s)
    moments = [sum(pauses_s[: index + 1]) for index in range(len(pauses_s))]
    admitted = [moment for moment, count in zip(moments, ours, strict=True) if count.is_admitted]

    for start in admitted:
        assert sum(start <= moment < start + WINDOW_S for moment in admitted) <= request_count + burst


def test_who_was_refused_is_admitted_exactly_when_told() -> None:
    allowance = Allowance("minute", "somebody", 4, WINDOW_S, 2)

    counts, _ = asked(allowance, [0, 0, 0, 15.875, 0.125])

    assert [count.is_admitted for count in counts] == [True, True, False, False, True]
    assert counts[2].retry_after_s == 16


def test_a_quota_that_was_lowered_below_what_is_used_has_nothing_left() -> None:
    whole, half = (Allowance("day", "somebody", count, WINDOW_S, count) for count in (16, 4))

    async def use() -> Count:
        counts = MemoryCounts(lambda: 0.0)
        for _ in range(16):
            await counts.count(whole)
        return await counts.count(half)

    count = asyncio.run(use())

    assert (count.is_admitted, count.remaining) == (False, 0)


def test_callers_do_not_share_an_allowance() -> None:
    async def use() -> list[bool]:
        counts = MemoryCounts(lambda: 0.0)
        asked = [Allowance("minute", who, 1, WINDOW_S, 1) for who in ("one", "other", "one")]
        return [(await counts.count(allowance)).is_admitted for allowance in asked]

    assert asyncio.run(use()) == [True, True, False]
