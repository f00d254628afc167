"""MemoryLeakDetector on readings that are known: severities, hysteresis, and growth that is no leak."""

import math
from random import Random

import pytest

from reference_app.memory.leak_detector import (
    CONFIRMATIONS,
    LEAST_SAMPLES,
    WARM_UP_REQUESTS,
    WINDOW,
    MemoryLeakDetector,
    Severity,
)
from reference_app.memory.process_reading import MB, MemoryReading

EVERY_S = 20
RATE = 20
"""Requests a second."""


def reading(live, *, uss=0.0, cache=0.0):
    return MemoryReading(
        live_bytes=None if live is None else round(live),
        uss_bytes=round(uss),
        rss_bytes=round(uss),
        block_count=100_000,
        fd_count=9,
        thread_count=2,
        cache_bytes=round(cache),
    )


def watch(live_of, *, samples=90, seed=1, noise=0.2 * MB, uss_of=None, cache_of=None, detector=None, start=0):
    """Feed a detector; return it and the changes that it told, with the sample's number."""
    detector = detector or MemoryLeakDetector()
    rng, changes = Random(seed), []
    for number in range(start, start + samples):
        at_s = number * EVERY_S
        seen = reading(
            live_of(at_s) + rng.gauss(0, noise),
            uss=0 if uss_of is None else uss_of(at_s),
            cache=0 if cache_of is None else cache_of(at_s),
        )
        change = detector.add(seen, at_s=at_s, request_count=WARM_UP_REQUESTS + RATE * at_s)
        if change:
            changes.append((number, change))
    return detector, changes


def leaking(mb_per_hour):
    return lambda at_s: 40 * MB + mb_per_hour * MB * at_s / 3600


@pytest.mark.parametrize(
    ("mb_per_hour", "severity"),
    [
        (20, Severity.LOW),
        (70, Severity.MEDIUM),
        (150, Severity.HIGH),
        (500, Severity.CRITICAL),
    ],
)
def test_a_leak_is_found_with_its_rate_and_severity(mb_per_hour, severity):
    detector, _ = watch(leaking(mb_per_hour))

    assert detector.severity is severity
    assert detector.trend.mb_per_hour.value == pytest.approx(mb_per_hour, rel=0.05)
    per_request = mb_per_hour * MB / 3600 / RATE
    assert detector.trend.bytes_per_request.value == pytest.approx(per_request, rel=0.05)


def filling(at_s):
    """20 MB that are full after a quarter of an hour, at an even pace."""
    return 20 * MB * min(1, at_s / 900)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "live_of",
    [
        pytest.param(lambda _at_s: 40 * MB, id="flat"),
        pytest.param(
            lambda at_s: 40 * MB + 20 * MB * (1 - math.exp(-at_s / 200)), id="cache-that-fills-ever-slower"
        ),
        pytest.param(lambda at_s: 40 * MB + 5 * MB * (at_s // EVERY_S % 6) / 6, id="sawtooth"),
        pytest.param(lambda at_s: 40 * MB + (10 * MB if at_s > 900 else 0), id="step"),
    ],
)
def test_a_server_without_a_leak_raises_no_alarm(live_of, seed):
    assert watch(live_of, seed=seed)[1] == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("taken_a_byte", [1.0, 1.2])
def test_a_bounded_cache_that_fills_is_no_leak_and_hides_none(taken_a_byte, seed):
    _, sound = watch(lambda at_s: 40 * MB + taken_a_byte * filling(at_s), cache_of=filling, seed=seed)
    detector, leaky = watch(
        lambda at_s: leaking(60)(at_s) + taken_a_byte * filling(at_s),
        cache_of=filling,
        seed=seed,
        samples=120,
    )

    assert sound == []
    assert leaky[-1][1].current is detector.severity is Severity.MEDIUM
    assert detector.trend.mb_per_hour.value == pytest.approx(60, rel=0.05)


def test_a_cache_that_is_emptied_now_and_then_is_no_leak():
    """Every five minutes, while what is around it stays as it is."""

    def held(at_s):
        return filling(at_s) * (at_s % 300) / 300

    assert watch(lambda at_s: 40 * MB + 1.2 * held(at_s), cache_of=held)[1] == []


def test_a_cache_that_nobody_declared_looks_like_a_leak_until_it_is_full_and_is_taken_back():
    detector, changes = watch(lambda at_s: 40 * MB + filling(at_s), samples=150)

    assert changes[0][1].current is Severity.MEDIUM
    assert changes[-1][1].current is detector.severity is Severity.NONE


def test_pages_that_grow_while_the_bytes_in_use_do_not_are_fragmentation():
    detector, changes = watch(lambda _at_s: 40 * MB, uss_of=leaking(100))

    assert changes == []
    assert detector.trend.mb_per_hour.value == pytest.approx(0, abs=1)


def test_nothing_is_said_where_the_bytes_in_use_cannot_be_told():
    detector = MemoryLeakDetector()
    for number in range(WINDOW):
        blind = reading(None, uss=(30 + number) * MB)
        assert detector.add(blind, at_s=number * EVERY_S, request_count=WARM_UP_REQUESTS) is None

    assert detector.trend is None


def test_start_up_growth_is_not_looked_at():
    detector = MemoryLeakDetector()
    for number in range(100):
        grown = reading((30 + number) * MB)
        assert detector.add(grown, at_s=number * EVERY_S, request_count=WARM_UP_REQUESTS - 1) is None

    assert detector.trend is None


def test_nothing_is_said_before_there_are_enough_samples():
    detector, changes = watch(leaking(500), samples=LEAST_SAMPLES - 1)

    assert (detector.trend, changes) == (None, [])


def test_a_severity_is_told_once_and_taken_back_once():
    detector, rising = watch(leaking(500), samples=50)
    end = leaking(500)(49 * EVERY_S)
    _, falling = watch(lambda _at_s: end, samples=100, detector=detector, start=50)

    assert [change.current for _, change in rising] == [Severity.CRITICAL]
    assert rising[0][0] >= LEAST_SAMPLES + CONFIRMATIONS - 2
    assert falling[-1][1].current is Severity.NONE
    severities = [change.current for _, change in falling]
    assert severities == sorted(severities, reverse=True)


def test_its_memory_is_bounded():
    detector, _ = watch(leaking(0), samples=WINDOW + 50)

    assert len(detector._samples) == WINDOW
    assert detector.trend.sample_count == WINDOW


def test_a_server_that_nobody_asks_has_no_rate_a_request():
    detector = MemoryLeakDetector()
    for number in range(60):
        detector.add(
            reading(leaking(100)(number * EVERY_S)), at_s=number * EVERY_S, request_count=WARM_UP_REQUESTS
        )

    assert detector.trend.bytes_per_request is None
    assert detector.severity is Severity.HIGH
