"""Faults while a slice is under way: in order, each undone, and whoever could not be injected says so."""

import threading
import time

import pytest

from harness.campaign.run_faults import PlannedFault, run_with_faults
from harness.errors import MeasurementError
from harness.model.fault import Fault, Overload, RestartDatabase
from harness.model.slice_summary import GeneratorReport, Spread

SPREAD = Spread(p50=0, p99=0, max=0)


class FakeBreaker:
    """Notes what is asked of it."""

    def __init__(self, log, name, *, fails_at=()):
        self.log, self.name, self.fails_at = log, name, list(fails_at)
        self.is_undone = threading.Event()

    def start(self):
        self.log.append(f"{self.name} starts")
        self._fail("start")

    def undo(self):
        self.log.append(f"{self.name} undone")
        self._fail("undo")
        self.is_undone.set()

    def _fail(self, what):
        if what in self.fails_at:
            self.fails_at.remove(what)
            raise MeasurementError("out of order.")


def report():
    return GeneratorReport(
        started_ns=5 * 10**9, ended_ns=6 * 10**9, planned_arrivals=0, sent_arrivals=0, dropped_arrivals=0,
        late_arrivals=0, request_count=0, failed_count=0, max_in_flight=0, drained=True,
        start_lag_ms=SPREAD, loop_lag_ms=SPREAD, generator_cpu_share=0,
    )  # fmt: skip


def planned(breaker, at_s=0.0, for_s=0.001, action=None):
    action = action or RestartDatabase()
    fault = Fault(id=breaker.name, title=breaker.name, at_s=at_s, for_s=for_s, action=action)
    return PlannedFault(fault=fault, breaker=breaker)


def until(event):
    def send():
        assert event.wait(10)
        return report()

    return send


def test_faults_come_in_order_of_time_and_one_is_undone_before_the_next():
    log = []
    first, second = FakeBreaker(log, "a"), FakeBreaker(log, "b")
    before_ns = time.monotonic_ns()
    _, marks = run_with_faults(
        [planned(second, at_s=0.02, for_s=0.01), planned(first, at_s=0.01, for_s=0.01)],
        until(second.is_undone),
    )

    assert log == ["a starts", "a undone", "b starts", "b undone"]
    assert [mark.fault for mark in marks] == ["b", "a"]
    assert all(before_ns < mark.started_ns < mark.ended_ns for mark in marks)
    assert [mark.error for mark in marks] == ["", ""]


def test_without_faults_the_slice_is_only_sent():
    assert run_with_faults([], report) == (report(), ())


def test_what_is_still_broken_at_the_end_is_undone():
    log = []
    breaker = FakeBreaker(log, "a")

    def send():
        while not log:
            time.sleep(0.001)
        return report()

    _, (mark,) = run_with_faults([planned(breaker, for_s=60)], send)

    assert log == ["a starts", "a undone"]
    assert mark.ended_ns


@pytest.mark.parametrize("error", [MeasurementError("the generator died."), KeyboardInterrupt()])
def test_a_slice_that_fails_leaves_nothing_broken(error):
    log = []
    breaker = FakeBreaker(log, "a")

    def send():
        while not log:
            time.sleep(0.001)
        raise error

    with pytest.raises(type(error)):
        run_with_faults([planned(breaker, for_s=60)], send)

    assert log == ["a starts", "a undone"]


def test_a_fault_that_cannot_be_injected_is_undone_all_the_same_and_told():
    log = []
    breaker = FakeBreaker(log, "a", fails_at=["start"])
    _, (mark,) = run_with_faults([planned(breaker)], until(breaker.is_undone))

    assert log == ["a starts", "a undone"]
    assert mark.error == "could not be injected: out of order."


def test_an_undo_that_fails_is_tried_again_at_the_end():
    log = []
    breaker = FakeBreaker(log, "a", fails_at=["undo"])

    def send():
        while len(log) < 2:
            time.sleep(0.001)
        return report()

    _, (mark,) = run_with_faults([planned(breaker)], send)

    assert log == ["a starts", "a undone", "a undone"]
    assert breaker.is_undone.is_set()
    assert mark.error == "could not be undone: out of order."


def test_a_fault_that_the_slice_does_not_wait_for_is_told():
    _, (mark,) = run_with_faults([planned(FakeBreaker([], "a"), at_s=60)], report)

    assert mark.error == "the slice was over before it was due"


def test_an_overload_is_where_the_schedule_has_it():
    breaker = FakeBreaker([], "a")
    much = planned(breaker, at_s=0.01, for_s=0.01, action=Overload(times=2))
    _, (mark,) = run_with_faults([much], until(breaker.is_undone))

    assert (mark.started_ns, mark.ended_ns) == (5_010_000_000, 5_020_000_000)
