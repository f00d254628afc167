"""The capacity of a real queue from searches like those of a run: is it in the interval?"""

import math

import numpy as np
import pytest

from harness.plan.slo import parse_slo
from harness.stats.capacity import (
    Bracket,
    Search,
    SearchEnd,
    StepVerdict,
    advance,
    bracket,
    count_step,
    judge_step,
    nearest_index,
    next_index,
    rate_at,
    step_seconds,
    warm_up_seconds,
)
from harness.stats.capacity_estimate import Share, estimate_capacity

SLO = parse_slo("p95 <= 200 ms and errors < 0.1 %")


def queue_step(rng, rate, service_rate):
    """Counts of a real FIFO queue with one exponential worker that starts empty, by Lindley's recursion."""
    seconds = step_seconds(SLO, rate, 1.0)
    warm_up_s = warm_up_seconds(SLO, rate)
    arrivals = np.cumsum(rng.exponential(1 / rate, size=round(3 * rate * (seconds + warm_up_s)) + 50))
    arrivals = arrivals[arrivals < seconds + warm_up_s]
    finished, sojourns = 0.0, []
    for arrival in arrivals:
        finished = max(finished, arrival) + rng.exponential(1 / service_rate)
        sojourns.append(finished - arrival)
    response_ms = 1e3 * np.asarray(sojourns)[arrivals >= warm_up_s]
    return count_step(
        SLO, response_ms=response_ms, is_failed=np.zeros(response_ms.size, dtype=np.bool_), dropped_count=0
    )


def run_round(rng, service_rate, start, stride):
    """One search with up to three steps a rate, and the share that each step showed."""
    search, shares = Search(start=nearest_index(start), stride=stride), []
    while (index := next_index(search)) is not None:
        rate, total = rate_at(index), None
        for _ in range(3):
            step = queue_step(rng, rate, service_rate)
            shares.append(Share(rate=rate, over_count=step.over_counts[0], request_count=step.request_count))
            total = step if total is None else total + step
            if judge_step(SLO, total) is not StepVerdict.UNDECIDED:
                break
        search = advance(search, index, judge_step(SLO, total))
    return bracket(search), shares


@pytest.mark.parametrize("service_rate", [30.0, 60.0, 120.0])
def test_three_rounds_on_a_queue_hold_its_capacity_in_nine_of_ten_runs_at_least(service_rate):
    rng = np.random.default_rng(11)
    truth, right, values = service_rate - math.log(20) / 0.2, 0, []
    for run in range(20):
        first, shares = run_round(rng, service_rate, 8, 8)
        rounds = [run_round(rng, service_rate, first.low, 1) for _ in range(2)]
        brackets = [first, *(found for found, _ in rounds)]
        shares += [share for _, more in rounds for share in more]
        found = estimate_capacity(brackets, shares, limit_share=0.05, seed=run)
        right += found.low <= truth <= found.high
        values.append(found.value / truth)

    assert right >= 18
    assert 0.9 < np.median(values) < 1.1


def found(low, high):
    return Bracket(low=low, high=high, end=SearchEnd.FOUND)


def test_without_a_slope_to_fit_the_interval_reaches_over_all_brackets_and_one_step_below():
    estimate = estimate_capacity([found(30, 33), found(33, 36), found(28, 30)], [], limit_share=0.05, seed=1)

    assert estimate.low == pytest.approx(28 / 2 ** (1 / 8))
    assert estimate.high == pytest.approx(36)
    assert 30 < estimate.value < 33


def test_too_few_rounds_or_a_round_without_a_bracket_give_no_estimate():
    assert estimate_capacity([found(30, 33)] * 2, [], limit_share=0.05, seed=1) is None
    unfinished = Bracket(low=30, high=None, end=SearchEnd.UNFINISHED)
    assert estimate_capacity([found(30, 33)] * 2 + [unfinished], [], limit_share=0.05, seed=1) is None
