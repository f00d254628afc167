"""The search for a capacity on servers whose answer is a formula."""

import math

import numpy as np
import pytest

from harness.plan.slo import parse_slo
from harness.stats.capacity import (
    Bracket,
    Search,
    SearchEnd,
    StepCounts,
    StepVerdict,
    advance,
    bracket,
    capacity_change,
    effective_count,
    judge_step,
    latency_knee,
    nearest_index,
    next_index,
    rate_at,
    requests_needed,
)
from harness.stats.signed_rank import Interval

SLO = parse_slo("p95 <= 200 ms and errors < 0.1 %")
GRID = 2 ** (1 / 8)


def over_200_ms(rate, *, service_rate):
    """Share of an M/M/1 queue's requests that take longer than 200 ms."""
    return math.exp(-(service_rate - rate) * 0.2) if rate < service_rate else 1.0


def counts(total, over, failed=0):
    return StepCounts(
        request_count=total, failed_count=failed, over_counts=(over,), effective_counts=(float(total),)
    )


def search_to_the_end(show, search, most=60):
    tried = []
    while (index := next_index(search)) is not None:
        tried.append(index)
        assert len(tried) < most
        search = advance(search, index, show(rate_at(index)))
    return search, tried


@pytest.mark.parametrize("start", [1.0, 8.0, 35.0, 1000.0])
@pytest.mark.parametrize("service_rate", [20.0, 50.0, 400.0])
def test_the_bracket_holds_the_capacity_of_an_exact_server_wherever_it_starts(start, service_rate):
    truth = service_rate - math.log(20) / 0.2

    def show(rate):
        is_within = over_200_ms(rate, service_rate=service_rate) <= 0.05
        return StepVerdict.PASS if is_within else StepVerdict.FAIL

    search, tried = search_to_the_end(show, Search(start=nearest_index(start)))
    found = bracket(search)

    assert found.end is SearchEnd.FOUND
    assert found.low <= truth <= found.high
    assert found.high / found.low == pytest.approx(GRID)
    assert len(set(tried)) == len(tried) <= 14


def test_the_bracket_holds_the_capacity_of_a_queue_seen_through_samples_in_19_of_20_searches():
    rng = np.random.default_rng(5)
    truth, right = 50 - math.log(20) / 0.2, 0
    for _ in range(200):

        def show(rate):
            total = max(144, round(4 * rate))
            return judge_step(SLO, counts(total, rng.binomial(total, over_200_ms(rate, service_rate=50))))

        search, _ = search_to_the_end(show, Search(start=nearest_index(8)))
        found = bracket(search)
        assert found.end is SearchEnd.FOUND
        right += found.low <= truth <= found.high

    assert right >= 190


def test_requests_that_queue_behind_each_other_are_worth_fewer():
    alternating = np.asarray([False] * 10 + [True] * 10)
    rng = np.random.default_rng(1)

    assert effective_count(alternating) < 5
    assert effective_count(rng.random(2000) < 0.05) == pytest.approx(2000, rel=0.15)
    assert effective_count(np.zeros(100, dtype=np.bool_)) == 100
    assert effective_count(np.zeros(0, dtype=np.bool_)) == 0


def test_a_known_neighbourhood_takes_fewer_steps():
    def show(rate):
        return StepVerdict.PASS if rate <= 35 else StepVerdict.FAIL

    _, from_far = search_to_the_end(show, Search(start=nearest_index(4)))
    _, from_near = search_to_the_end(show, Search(start=nearest_index(33), stride=1))

    assert len(from_near) < len(from_far)


def test_a_saturated_generator_ends_the_search_and_is_no_fault_of_the_server():
    def show(rate):
        return StepVerdict.GENERATOR_LIMIT if rate > 100 else StepVerdict.PASS

    search, _ = search_to_the_end(show, Search(start=nearest_index(20)))

    assert bracket(search) == Bracket(
        low=rate_at(nearest_index(80)), high=None, end=SearchEnd.GENERATOR_LIMIT
    )


def test_a_search_that_starts_above_the_generators_limit_goes_down_to_a_rate_that_held():
    def show(rate):
        return StepVerdict.GENERATOR_LIMIT if rate > 100 else StepVerdict.PASS

    search, _ = search_to_the_end(show, Search(start=nearest_index(500)))
    found = bracket(search)

    assert found.end is SearchEnd.GENERATOR_LIMIT
    assert 40 < found.low <= 100


def test_undecided_rates_are_closed_in_from_both_sides():
    def show(rate):
        if 30 < rate < 45:
            return StepVerdict.UNDECIDED
        return StepVerdict.PASS if rate <= 30 else StepVerdict.FAIL

    search, _ = search_to_the_end(show, Search(start=nearest_index(8)))
    found = bracket(search)

    assert found.end is SearchEnd.FOUND
    assert 30 / GRID < found.low <= 30
    assert 45 <= found.high < 45 * GRID


def test_where_a_higher_rate_passed_the_failure_below_it_counts():
    search = Search(start=0, seen={0: StepVerdict.PASS, 8: StepVerdict.FAIL, 16: StepVerdict.PASS})

    assert search.highest_pass == 0
    assert search.lowest_fail == 8


def test_a_server_that_holds_no_rate_is_out_of_range():
    search, _ = search_to_the_end(lambda _rate: StepVerdict.FAIL, Search(start=nearest_index(4)))

    assert bracket(search).low is None
    assert bracket(search).end is SearchEnd.OUT_OF_RANGE


def test_a_search_that_was_broken_off_says_so():
    search = advance(Search(start=0), 0, StepVerdict.PASS)

    assert bracket(search) == Bracket(low=1.0, high=None, end=SearchEnd.UNFINISHED)


def test_a_step_passes_and_fails_only_by_its_whole_interval():
    assert judge_step(SLO, counts(144, 2)) is StepVerdict.PASS
    assert judge_step(SLO, counts(144, 7)) is StepVerdict.UNDECIDED
    assert judge_step(SLO, counts(144, 20)) is StepVerdict.FAIL
    assert judge_step(SLO, counts(0, 0)) is StepVerdict.UNDECIDED


def test_errors_fail_a_step_by_their_interval_and_leave_it_undecided_by_what_was_seen():
    assert judge_step(SLO, counts(1000, 0, failed=0)) is StepVerdict.PASS
    assert judge_step(SLO, counts(1000, 1, failed=2)) is StepVerdict.UNDECIDED
    assert judge_step(SLO, counts(1000, 10, failed=10)) is StepVerdict.FAIL


def test_repeats_of_a_step_add_up():
    assert counts(100, 3, 1) + counts(50, 2) == counts(150, 5, 1)


def test_a_step_has_requests_enough_to_pass_with_a_few_slow_ones():
    needed = requests_needed(SLO)

    assert needed == 144
    assert judge_step(SLO, counts(needed, 1)) is StepVerdict.PASS


def test_the_change_holds_every_pair_of_both_intervals():
    change = capacity_change(Interval(value=20, low=18, high=22), Interval(value=40, low=36, high=44))

    assert change.value == pytest.approx(100)
    assert change.low == pytest.approx(100 * (36 / 22 - 1))
    assert change.high == pytest.approx(100 * (44 / 18 - 1))


def test_the_latency_knee_is_where_latency_has_doubled():
    assert latency_knee([10, 20, 40], [50, 60, 240]) == pytest.approx(20 * 2**0.3685, rel=1e-3)
    assert latency_knee([10, 20], [50, 60]) is None
    assert latency_knee([10], [50]) is None
