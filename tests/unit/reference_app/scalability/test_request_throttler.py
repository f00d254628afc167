"""RequestThrottler by its rules, on a clock that only the tests move."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reference_app.scalability.request_throttler import (
    Entry,
    FixedLimit,
    Gradient2Limit,
    RequestClass,
    RequestThrottler,
)

BOOKINGS, READS, ANALYTICS = RequestClass("bookings"), RequestClass("reads"), RequestClass("analytics", 0.5)
KINDS = (BOOKINGS, READS, ANALYTICS)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Callers:
    """Sends requests and writes down which are woken."""

    def __init__(self, limit: Any, **options: Any) -> None:
        self.clock = Clock()
        self.limit = limit
        self.throttler = RequestThrottler(limit, KINDS, self.clock, **options)
        self.woken: list[Entry] = []

    def send(
        self, kind: RequestClass = READS, within_s: float = 100.0, *, arrived_s: float | None = None
    ) -> Entry:
        entry = self.throttler.enter(
            kind, self.clock() + within_s, lambda: self.woken.append(entry), arrived_s=arrived_s
        )
        return entry


class Crowd(RuleBasedStateMachine):
    """Whatever callers and clock do: never too many at once, nobody lost, nobody woken twice."""

    def __init__(self) -> None:
        super().__init__()
        self.callers = Callers(
            Gradient2Limit(minimum=2, maximum=9, estimate=4.0, window_s=0.01, window_size=2), max_queued=6
        )
        self.entries: list[Entry] = []
        self.had_to_wait: list[Entry] = []
        self.most_before = self.callers.limit.value

    def _in(self, state: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.state == state]

    @rule(kind=st.sampled_from(KINDS), within_s=st.sampled_from([-1.0, 0.0, 0.02, 0.3, 60.0]))
    def arrive(self, kind: RequestClass, within_s: float) -> None:
        entry = self.callers.send(kind, within_s)
        self.entries.append(entry)
        if entry.state == "waiting":
            self.had_to_wait.append(entry)
        if within_s <= 0:
            assert (entry.state, entry.refusal) == ("refused", "late")

    @rule(seconds=st.sampled_from([0.001, 0.01, 0.06, 0.4, 2.0]))
    def wait(self, seconds: float) -> None:
        self.callers.clock.now_s += seconds

    @precondition(lambda self: self._in("running"))
    @rule(data=st.data(), is_sample=st.booleans())
    def finish(self, data: st.DataObject, is_sample: bool) -> None:
        entry = data.draw(st.sampled_from(self._in("running")))
        self.callers.throttler.leave(entry, is_sample=is_sample)
        with pytest.raises(RuntimeError):
            self.callers.throttler.leave(entry)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.entries))
        was = entry.state
        self.callers.throttler.abandon(entry)
        assert entry.state == ("refused" if was == "refused" else "done")

    @rule()
    def lose_patience(self) -> None:
        for entry in self._in("waiting"):
            if entry.expires_s <= self.callers.clock():
                self.callers.throttler.expire(entry)
                assert entry.refusal == "waited too long"

    @invariant()
    def as_many_run_and_wait_as_are_counted(self) -> None:
        throttler = self.callers.throttler
        assert throttler.running_count == len(self._in("running"))
        assert throttler.waiting_count == len(self._in("waiting")) <= 6

    @invariant()
    def the_limit_holds_and_stays_in_its_bounds(self) -> None:
        limit = self.callers.limit.value
        assert 2 <= limit <= 9
        # A limit that falls stops nobody who runs.
        self.most_before = max(limit, min(self.most_before, len(self._in("running"))))
        assert len(self._in("running")) <= self.most_before

    @invariant()
    def no_place_is_free_while_somebody_waits_who_may_have_it(self) -> None:
        limit = self.callers.limit.value
        running, waiting = self._in("running"), self._in("waiting")
        if len(running) < limit:
            assert {entry.kind for entry in waiting} <= {ANALYTICS}
            if waiting:
                assert sum(entry.kind == ANALYTICS for entry in running) >= max(1, limit // 2)

    @invariant()
    def who_waited_is_woken_exactly_once(self) -> None:
        woken = self.callers.woken
        assert len(set(woken)) == len(woken)
        assert set(woken) <= set(self.had_to_wait)
        settled = [entry for entry in self.had_to_wait if entry.state in {"running", "refused"}]
        assert set(settled) <= set(woken)

    @invariant()
    def started_and_refused_add_up(self) -> None:
        classes = self.callers.throttler.snapshot()["classes"].values()
        refused = sum(sum(one["refused"].values()) for one in classes)
        gone = len([entry for entry in self.entries if entry.state == "done" and entry.started_s == 0])
        started = sum(one["started_count"] for one in classes)
        assert started + refused + gone + len(self._in("waiting")) == len(self.entries)


TestCrowd = Crowd.TestCase
TestCrowd.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_bookings_go_before_reads_and_reads_before_analytics() -> None:
    callers = Callers(FixedLimit(1))
    first = callers.send()
    waiting = {kind: callers.send(kind) for kind in (ANALYTICS, READS, BOOKINGS)}

    order = []
    running = first
    for _ in range(3):
        callers.throttler.leave(running)
        running = callers.woken[-1]
        order.append(running.kind.name)

    assert order == ["bookings", "reads", "analytics"]
    assert {entry.state for entry in waiting.values()} == {"done", "running"}


def test_analytics_alone_leave_half_of_the_places_to_others() -> None:
    callers = Callers(FixedLimit(8))
    analytics = [callers.send(ANALYTICS).state for _ in range(8)]

    assert analytics == ["running"] * 4 + ["waiting"] * 4
    assert [callers.send(kind).state for kind in (BOOKINGS, READS)] == ["running", "running"]


def test_the_oldest_goes_first_until_the_lane_has_not_been_empty_for_an_interval_then_the_newest() -> None:
    callers = Callers(FixedLimit(1), interval_s=0.5, target_s=0.05)
    running = callers.send()
    patient = [callers.send() for _ in range(3)]
    callers.throttler.leave(running)
    assert patient[0].state == "running"

    callers.clock.now_s += 0.51
    newcomers = [callers.send() for _ in range(2)]

    assert newcomers[0].expires_s - callers.clock() == pytest.approx(0.05)
    callers.throttler.leave(patient[0])
    assert [entry.state for entry in newcomers] == ["waiting", "running"]


def test_who_is_past_the_deadline_or_the_patience_is_not_started() -> None:
    callers = Callers(FixedLimit(1))
    running = callers.send()
    hurried, patient = callers.send(within_s=0.1), callers.send()
    callers.clock.now_s += 0.2

    callers.throttler.leave(running)

    assert (hurried.state, hurried.refusal) == ("refused", "waited too long")
    assert patient.state == "running"
    assert callers.send(within_s=0.0).refusal == "late"


def test_what_a_request_has_waited_before_it_was_seen_is_part_of_its_patience() -> None:
    callers = Callers(FixedLimit(1), interval_s=0.5)
    running = callers.send()
    unseen, seen = callers.send(arrived_s=callers.clock() - 0.4), callers.send()
    callers.clock.now_s += 0.2

    callers.throttler.leave(running)

    assert (unseen.refusal, seen.state) == ("waited too long", "running")


def test_a_full_queue_refuses_unless_somebody_of_less_worth_waits_who_has_to_go() -> None:
    callers = Callers(FixedLimit(1), max_queued=2)
    callers.send()
    oldest, newer = callers.send(ANALYTICS), callers.send(ANALYTICS)

    assert callers.send(ANALYTICS).refusal == "queue full"
    assert callers.send(BOOKINGS).state == "waiting"
    assert (oldest.refusal, newer.state) == ("pushed out", "waiting")
    assert callers.woken == [oldest]


def test_a_refused_caller_is_told_to_come_back_when_those_who_wait_are_done() -> None:
    callers = Callers(Gradient2Limit(estimate=2.0, long_s=2.0))
    for _ in range(6):
        callers.send()

    assert callers.throttler.waiting_count == 4
    assert callers.throttler.retry_after_s() == 4


class Learner:
    """Shows a limit windows of equal requests, as many at once as it allows."""

    def __init__(self) -> None:
        self.limit = Gradient2Limit()
        self._now_s = 0.0

    def see(self, duration_s: float, windows: int, *, is_anybody_waiting: bool = False) -> None:
        for _ in range(windows * self.limit.window_size):
            self._now_s += self.limit.window_s / 5
            self.limit.note(duration_s, self.limit.value, self._now_s, is_anybody_waiting=is_anybody_waiting)


def test_the_limit_rises_while_requests_take_as_long_as_ever() -> None:
    learner = Learner()
    learner.see(0.01, 200)

    assert learner.limit.value == learner.limit.maximum


def test_the_limit_falls_to_twice_its_queue_when_requests_take_far_longer_and_comes_back() -> None:
    learner = Learner()
    learner.see(0.01, 100)
    learner.see(1.0, 100, is_anybody_waiting=True)
    limit = learner.limit
    fallen = limit.value
    learner.see(0.01, 20)

    assert fallen == 2 * limit.queue_size
    assert limit.long_s == pytest.approx(0.01)
    assert limit.value > fallen


def test_a_limit_that_is_not_used_by_half_does_not_move() -> None:
    limit = Gradient2Limit()
    for number in range(1000):
        limit.note(0.01 * (1 + number % 7), 9, number * 0.02, is_anybody_waiting=False)

    assert limit.estimate == 20.0
