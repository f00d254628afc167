"""When the generator was at fault, and when after holds as much as before."""

import pytest

from harness.gates.capacity import VariantCapacity, is_generator_limited, judge_capacity
from harness.model.slice_summary import GeneratorReport, Spread
from harness.model.verdict import Outcome
from harness.plan.slo import parse_slo
from harness.stats.capacity import Bracket, SearchEnd
from harness.stats.signed_rank import Interval

CALM = Spread(p50=0.1, p99=0.5, max=1.0)


def report(**changed):
    seen = {
        "started_ns": 0,
        "ended_ns": 10**9,
        "planned_arrivals": 1000,
        "sent_arrivals": 1000,
        "dropped_arrivals": 0,
        "late_arrivals": 0,
        "request_count": 1000,
        "failed_count": 0,
        "max_in_flight": 3,
        "drained": True,
        "start_lag_ms": CALM,
        "loop_lag_ms": CALM,
        "generator_cpu_share": 0.2,
    }
    return GeneratorReport(**{**seen, **changed})


def late(p99):
    return Spread(p50=0.1, p99=p99, max=2 * p99)


@pytest.mark.parametrize(
    ("changed", "is_limited"),
    [
        ({}, False),
        ({"start_lag_ms": late(19.0)}, False),
        ({"start_lag_ms": late(21.0)}, True),
        ({"loop_lag_ms": late(21.0)}, True),
        ({"generator_cpu_share": 0.9}, True),
        ({"sent_arrivals": 990}, True),
        ({"sent_arrivals": 900, "dropped_arrivals": 100}, False),
    ],
)
def test_a_generator_that_is_late_busy_or_short_of_arrivals_is_the_limit(changed, is_limited):
    assert is_generator_limited(report(**changed), parse_slo("p95 <= 400 ms")) is is_limited


def test_a_tight_limit_leaves_the_generator_five_milliseconds():
    slo = parse_slo("p50 <= 20 ms and p99 <= 400 ms")

    assert not is_generator_limited(report(start_lag_ms=late(4.0)), slo)
    assert is_generator_limited(report(start_lag_ms=late(6.0)), slo)


def known(variant_id, low, value, high):
    bracket = Bracket(low=low, high=high, end=SearchEnd.FOUND)
    return VariantCapacity(
        variant_id=variant_id, brackets=(bracket,) * 3, estimate=Interval(value=value, low=low, high=high)
    )


def unknown(variant_id, *lows, end=SearchEnd.GENERATOR_LIMIT):
    brackets = tuple(Bracket(low=low, high=None, end=end) for low in lows)
    return VariantCapacity(variant_id=variant_id, brackets=brackets, estimate=None)


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (known("after", 44, 50, 56), Outcome.PASSED),
        (known("after", 22, 24, 26), Outcome.PASSED),
        (known("after", 21, 24, 26), Outcome.INCONCLUSIVE),
        (known("after", 10, 12, 14), Outcome.FAILED),
        (unknown("after", 64.0, 64.0, 70.0), Outcome.PASSED),
        (unknown("after", 64.0, 64.0), Outcome.INCONCLUSIVE),
        (unknown("after", 64.0, 20.0, 64.0), Outcome.INCONCLUSIVE),
        (unknown("after", 64.0, None, 64.0), Outcome.INCONCLUSIVE),
    ],
)
def test_only_intervals_that_do_not_overlap_decide(after, outcome):
    verdict = judge_capacity(known("before", 18, 20, 22), after)

    assert verdict.outcome is outcome
    assert verdict.reason


def test_after_fails_where_before_held_more_in_every_round_than_after_does_at_all():
    verdict = judge_capacity(unknown("before", 64.0, 64.0, 70.0), known("after", 18, 20, 22))

    assert verdict.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("capacity", "told"),
    [
        (
            unknown("after", 64.0, 64.0, 70.0),
            "After held at least 64/s; beyond that the generator is the limit",
        ),
        (unknown("after", 64.0, end=SearchEnd.UNFINISHED), "Fewer than 3 rounds give no interval"),
        (unknown("after", *[64.0] * 3, end=SearchEnd.UNFINISHED), "Give more --minutes"),
        (unknown("after", *[None] * 3, end=SearchEnd.OUT_OF_RANGE), "After held no rate at all"),
    ],
)
def test_a_capacity_that_was_not_found_says_why(capacity, told):
    assert told in capacity.reason
