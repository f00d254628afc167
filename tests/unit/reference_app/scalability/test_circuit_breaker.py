"""CircuitBreaker against a model of a dozen lines, and case by case; the clock is the test's."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reference_app.scalability.circuit_breaker import (
    RECENT_COUNT,
    BreakerRules,
    Call,
    CallRefusedError,
    Change,
    CircuitBreaker,
)

OUTCOMES = ("success", "failure", "ignored")


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


RULES = st.integers(1, 6).flatmap(
    lambda window_count: st.builds(
        BreakerRules,
        window_count=st.just(window_count),
        window_s=st.sampled_from([None, 5.0, 20.0]),
        minimum_count=st.integers(1, window_count),
        failure_share=st.sampled_from([0.2, 0.5, 0.6, 1.0]),
        slow_share=st.sampled_from([0.5, 1.0]),
        slow_s=st.sampled_from([1.0, 3.0]),
        open_s=st.sampled_from([0.0, 5.0, 30.0]),
        trial_success_count=st.integers(1, 3),
        trials_at_once=st.integers(1, 3),
    )
)


@dataclass
class Model:
    """What a breaker should do, told plainly: everything is kept, and counted again each time."""

    rules: BreakerRules
    state: str = "closed"
    since: float = 0.0
    number: int = 0
    ended: list[tuple[float, bool, bool]] = field(default_factory=list)
    trials: set[int] = field(default_factory=set)

    def change(self, state: str, now: float) -> None:
        self.state, self.since, self.number = state, now, self.number + 1
        self.ended, self.trials = [], set()

    def admits(self, now: float) -> bool:
        if self.state == "open" and now - self.since >= self.rules.open_s:
            self.change("half-open", now)
        return self.state == "closed" or (
            self.state == "half-open" and len(self.trials) < self.rules.trials_at_once
        )

    def end(self, call: int, period: int, outcome: str, took: float, now: float) -> None:
        if period != self.number:
            return
        self.trials.discard(call)
        if outcome == "ignored":
            return
        self.ended.append((now, outcome == "failure", took > self.rules.slow_s))
        if self.state == "half-open":
            if any(has_failed or is_slow for _, has_failed, is_slow in self.ended):
                self.change("open", now)
            elif len(self.ended) >= self.rules.trial_success_count:
                self.change("closed", now)
            return
        young = [one for one in self.ended[-self.rules.window_count :] if self._is_young(one[0], now)]
        failed, slow = sum(one[1] for one in young), sum(one[2] for one in young)
        if len(young) >= self.rules.minimum_count and (
            failed / len(young) >= self.rules.failure_share or slow / len(young) >= self.rules.slow_share
        ):
            self.change("open", now)

    def _is_young(self, ended_at: float, now: float) -> bool:
        return self.rules.window_s is None or now - ended_at <= self.rules.window_s


class AgainstModel(RuleBasedStateMachine):
    """Any order of calls, outcomes and passing time leaves breaker and model in the same state."""

    @initialize(rules=RULES)
    def begin(self, rules: BreakerRules) -> None:
        self.clock = Clock()
        self.changes: list[Change] = []
        self.breaker = CircuitBreaker("test", rules, on_change=self.changes.append, clock=self.clock)
        self.model = Model(rules)
        self.under_way: list[tuple[Call, int, float, int]] = []
        self.call_count = 0

    @rule()
    def call(self) -> None:
        is_admitted = self.model.admits(self.clock.now)
        if not is_admitted:
            assert self.breaker.would_refuse()
            with pytest.raises(CallRefusedError):
                self.breaker.admit()
            return
        assert not self.breaker.would_refuse()
        call = self.breaker.admit()
        self.call_count += 1
        if self.model.state == "half-open":
            self.model.trials.add(self.call_count)
        self.under_way.append((call, self.model.number, self.clock.now, self.call_count))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def end(self, data: st.DataObject, outcome: str) -> None:
        index = data.draw(st.integers(0, len(self.under_way) - 1))
        call, period, started, number = self.under_way.pop(index)
        call.end(outcome)
        call.end("failure")  # a call ends once
        self.model.end(number, period, outcome, self.clock.now - started, self.clock.now)

    @rule(seconds=st.sampled_from([0.5, 2.0, 5.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def agrees_with_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.breaker.state == self.model.state
        shown = self.breaker.snapshot()
        assert shown["trials_under_way"] == len(self.model.trials) <= self.breaker.rules.trials_at_once
        assert shown["window"]["call_count"] <= self.breaker.rules.window_count
        assert shown["change_count"] == len(self.changes)
        assert len(shown["changes"]) <= RECENT_COUNT
        assert all(
            before.after == after.before
            for before, after in zip(self.changes, self.changes[1:], strict=False)
        )


AgainstModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAgainstModel = AgainstModel.TestCase


THREE_OF_FIVE = BreakerRules(
    window_count=5, minimum_count=5, failure_share=0.6, slow_share=0.6, slow_s=1.0, open_s=5.0
)


def made(rules: BreakerRules = THREE_OF_FIVE) -> tuple[CircuitBreaker, Clock]:
    clock = Clock()
    return CircuitBreaker("payments", rules, clock=clock), clock


def call(breaker: CircuitBreaker, outcome: str) -> None:
    breaker.admit().end(outcome)


def opened() -> tuple[CircuitBreaker, Clock]:
    breaker, clock = made()
    for outcome in ("success",) * 5 + ("failure",) * 3:
        call(breaker, outcome)
    assert breaker.state == "open"
    return breaker, clock


def test_three_failures_of_a_service_that_worked_open_it_and_two_do_not() -> None:
    breaker, _ = made()
    for outcome in ("success",) * 5 + ("failure",) * 2:
        call(breaker, outcome)
    assert breaker.state == "closed"

    call(breaker, "failure")

    assert breaker.state == "open"
    assert breaker.snapshot()["changes"][0]["reason"] == "3 of the last 5 calls failed"


def test_refusals_tell_when_to_come_back() -> None:
    breaker, clock = opened()
    clock.now += 3.5

    with pytest.raises(CallRefusedError) as refused:
        breaker.admit()

    assert refused.value.retry_after_s == 1.5
    assert breaker.snapshot()["refused_count"] == 1


def test_of_a_crowd_that_waits_for_it_to_close_one_is_admitted() -> None:
    breaker, clock = opened()
    clock.now += 5
    trial = breaker.admit()

    for _ in range(100):
        with pytest.raises(CallRefusedError):
            breaker.admit()

    trial.end("success")
    assert breaker.state == "half-open"


def test_three_successes_close_it_and_one_failure_in_between_opens_it_for_the_whole_time() -> None:
    breaker, clock = opened()
    clock.now += 5
    for outcome in ("success", "success", "failure"):
        call(breaker, outcome)
    assert breaker.state == "open"
    clock.now += 4.9
    assert breaker.would_refuse()
    clock.now += 0.1

    for _ in range(3):
        call(breaker, "success")

    assert breaker.state == "closed"


def test_slow_calls_open_it_though_none_fails_and_a_slow_trial_is_no_success() -> None:
    breaker, clock = made()
    for _ in range(5):
        slow = breaker.admit()
        clock.now += 1.1
        slow.end("success")
    assert breaker.state == "open"
    clock.now += 5
    trial = breaker.admit()
    clock.now += 1.1

    trial.end("success")

    assert [change["reason"] for change in breaker.snapshot()["changes"]] == [
        "5 of the last 5 calls were slow",
        "5 s have passed",
        "a trial call was slow",
    ]


def test_what_a_call_from_before_shows_afterwards_counts_for_nothing() -> None:
    breaker, clock = made()
    late = [breaker.admit() for _ in range(8)]
    for outcome in ("success",) * 5 + ("failure",) * 3:
        call(breaker, outcome)
    clock.now += 5
    trial = breaker.admit()

    for one in late:
        one.end("success")

    assert breaker.state == "half-open"
    trial.end("failure")
    assert breaker.state == "open"


def test_a_caller_who_gives_up_shows_nothing_and_frees_the_trial() -> None:
    breaker, clock = opened()
    clock.now += 5

    for _ in range(10):
        call(breaker, "ignored")

    assert breaker.state == "half-open"
    assert not breaker.would_refuse()


@pytest.mark.parametrize("wrong", [{"minimum_count": 6}, {"failure_share": 0.0}, {"trials_at_once": 0}])
def test_rules_by_which_it_could_never_open_or_close_are_refused(wrong: dict[str, float]) -> None:
    rules = {"window_count": 5, "minimum_count": 5, "failure_share": 0.5, "slow_s": 1.0, "open_s": 5.0}

    with pytest.raises(ValueError, match="a"):
        BreakerRules(**{**rules, **wrong})
