"""Phases, good answers by second and recovery time: values that are known by construction."""

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.model.fault import EndpointGroup, Fault, FaultMark, FaultTimeline, RestartDatabase
from harness.stats.columns import Columns, Names
from harness.stats.faults import (
    FaultSlice,
    by_second,
    is_in_group,
    measure_faults,
    phase_spans,
    recovery_times,
)

START = 10**12
WORDS = ("GET /read", "POST /pay")


def fault(name="down", at_s=2.0, for_s=2.0, settle_s=0.0):
    return Fault(id=name, title=name, at_s=at_s, for_s=for_s, settle_s=settle_s, action=RestartDatabase())


TIMELINE = FaultTimeline(faults=(fault(),), good_within_ms=500, recovery_share=90, recovery_window_s=1)


def slice_of(*, bad=(), slow=(), refused=(), seconds=10.0, rate=100, marks=((2.0, 4.0),), unsent=()):
    """Make a slice of `rate` evenly spaced requests a second, each answered in 20 ms, half of them POST.

    Args:
        bad: spans, in seconds, in which every request fails with 500.
        slow: spans in which every answer takes 2 s.
        refused: spans in which every request is refused with 503 in 5 ms.
        seconds: of the schedule.
        rate: requests a second.
        marks: start and end of each fault, in seconds.
        unsent: planned moments of arrivals that were never sent, in seconds.
    """
    at_s = np.arange(int(seconds * rate)) / rate

    def inside(spans):
        return np.any([(at_s >= low) & (at_s < high) for low, high in spans], axis=0) if spans else at_s < 0

    is_bad, is_slow, is_refused = inside(bad), inside(slow), inside(refused)
    took_ms = np.where(is_slow, 2000.0, np.where(is_refused, 5.0, 20.0))
    scheduled = START + np.rint(at_s * 1e9).astype(np.int64)
    count = at_s.size
    nothing = np.full(count, np.nan)
    columns = Columns(
        scheduled_ns=scheduled,
        sent_ns=scheduled,
        finished_ns=scheduled + np.rint(took_ms * 1e6).astype(np.int64),
        arrival=np.arange(count, dtype=np.int32),
        step=np.zeros(count, dtype=np.int32),
        journey=Names(codes=np.zeros(count, dtype=np.int32), words=("visit",)),
        endpoint=Names(codes=(np.arange(count) % 2).astype(np.int32), words=WORDS),
        error=Names(codes=(is_bad | is_refused).astype(np.int32), words=("", "HTTPError")),
        is_failed=is_bad | is_refused,
        status=np.where(is_bad, 500, np.where(is_refused, 503, 200)).astype(np.int16),
        server_db_ms=nothing,
        server_middleware_ms=nothing,
        server_query_count=nothing,
        server_external_ms=nothing,
        server_external_count=nothing,
        external_services=Names(codes=np.zeros(count, dtype=np.int32), words=("",)),
    )
    names = [one.id for one in TIMELINE.faults] + ["second"]
    return FaultSlice(
        columns=columns,
        started_ns=START,
        duration_s=seconds,
        marks=tuple(
            FaultMark(fault=name, started_ns=START + round(low * 1e9), ended_ns=START + round(high * 1e9))
            for name, (low, high) in zip(names, marks, strict=False)
        ),
        unsent_ns=START + np.rint(np.array(unsent, dtype=float) * 1e9).astype(np.int64),
    )


def measured(slice_, timeline=TIMELINE):
    found = measure_faults([slice_], timeline, variant_id="after", round_index=1)
    return {(one.phase, one.endpoint, one.metric, one.stat): one.value for one in found}


def test_a_fault_that_ends_with_its_undo_has_recovered_at_once():
    assert recovery_times(slice_of(bad=[(2, 4)]), TIMELINE) == {"down": 0}


@pytest.mark.parametrize("late_s", [0.5, 1.0, 3.0])
def test_recovery_time_is_how_long_it_stays_bad_up_to_its_resolution(late_s):
    """A window may hold a tenth of bad answers: a window of 1 s is good 0.1 s early."""
    found = recovery_times(slice_of(bad=[(2, 4 + late_s)]), TIMELINE)["down"]

    assert late_s - 0.1 - 1e-9 <= found <= late_s + 0.1


def test_slow_answers_are_no_good_ones():
    found = recovery_times(slice_of(slow=[(2, 5)]), TIMELINE)["down"]

    assert found == pytest.approx(1, abs=0.11)


def test_recovery_that_does_not_stay_is_none():
    found = recovery_times(slice_of(bad=[(2, 4), (7, 8)]), TIMELINE)["down"]

    assert found == pytest.approx(4, abs=0.11)


def test_a_backend_that_never_comes_back_takes_for_ever_and_is_not_missing():
    assert recovery_times(slice_of(bad=[(2, 10)]), TIMELINE) == {"down": math.inf}


def test_arrivals_that_were_never_sent_are_bad_answers():
    unsent = np.arange(2, 6, 0.005)
    found = recovery_times(slice_of(unsent=unsent), TIMELINE)["down"]

    assert found == pytest.approx(2, abs=0.21)


def test_without_a_quiet_phase_or_time_after_the_fault_recovery_is_unknown():
    assert recovery_times(slice_of(marks=((0.1, 4),)), TIMELINE) == {"down": None}
    assert recovery_times(slice_of(marks=((2, 9.5),)), TIMELINE) == {"down": None}


def test_a_thin_load_says_nothing_of_recovery():
    assert recovery_times(slice_of(rate=4), TIMELINE) == {"down": None}


def test_each_fault_has_until_the_next_one_to_recover():
    timeline = replace(TIMELINE, faults=(fault(), fault("second", 6, 1)))
    found = recovery_times(slice_of(bad=[(2, 6.5), (7, 8)], marks=((2, 4), (6, 7))), timeline)

    assert found == {"down": math.inf, "second": pytest.approx(1, abs=0.11)}


def test_phases_follow_the_true_marks_and_leave_out_what_a_fault_may_still_meet():
    timeline = replace(TIMELINE, faults=(fault(settle_s=0.5),))
    spans = phase_spans(slice_of(marks=((2.2, 4.1),)), timeline)
    seconds = {
        name: [((low - START) / 1e9, (high - START) / 1e9) for low, high in each]
        for name, each in spans.items()
    }

    assert seconds == {
        "quiet": [(0, 1.7)],
        "down": [(2.2, 4.1)],
        "down/settled": [(2.7, 4.1)],
        "recovery": [(4.1, 10)],
    }


def test_a_fault_whose_undo_outlasts_the_load_ends_with_it():
    found = measured(slice_of(bad=[(2, 5)], marks=((2, 25),)))

    assert found["down", "*", "goodput", "mean"] == pytest.approx(100 * 5 / 8)
    assert found["recovery", "*", "goodput", "mean"] is None


def test_good_answers_are_told_a_second_and_against_the_quiet_phase():
    found = measured(slice_of(bad=[(2, 3)]))

    assert found["quiet", "*", "goodput", "mean"] == pytest.approx(100)
    assert found["down", "*", "goodput", "mean"] == pytest.approx(50)
    assert found["down", "*", "goodput_share", "mean"] == pytest.approx(50)
    assert found["down", "*", "error_share", "share"] == pytest.approx(50)
    assert found["recovery", "*", "goodput_share", "mean"] == pytest.approx(100)


def test_what_was_never_sent_counts_as_failed_in_its_phase():
    found = measured(slice_of(unsent=np.linspace(2, 3.99, 200)))

    assert found["down", "*", "error_share", "share"] == pytest.approx(50)
    assert found["quiet", "*", "error_share", "share"] == 0


def test_a_group_is_looked_at_by_itself():
    groups = (
        EndpointGroup(name="payments", patterns=("POST /pay*",)),
        EndpointGroup(name="rest", patterns=("!POST /pay*",)),
    )
    slice_ = slice_of(slow=[(2, 4)])
    fast = slice_.columns.endpoint.codes == 0
    took = np.where(fast, 20_000_000, slice_.columns.finished_ns - slice_.columns.scheduled_ns)
    columns = replace(slice_.columns, finished_ns=slice_.columns.scheduled_ns + took)
    found = measured(replace(slice_, columns=columns), replace(TIMELINE, groups=groups))

    assert found["down", "payments", "slowdown", "p50"] == pytest.approx(100)
    assert found["down", "rest", "slowdown", "p50"] == pytest.approx(1)
    assert found["down", "rest", "goodput_share", "mean"] == pytest.approx(100)
    assert found["down", "payments", "recovery_time", "longest"] == 0


def test_refusals_are_timed_and_told_apart_from_other_failures():
    found = measured(slice_of(refused=[(2, 3)], bad=[(3, 4)]))

    assert found["down", "*", "refused_share", "share"] == pytest.approx(50)
    assert found["down", "*", "refusal_time", "p50"] == pytest.approx(5)
    assert found["down", "*", "slow_refusals", "share"] == 0
    assert found["quiet", "*", "refusal_time", "p50"] is None
    assert measured(slice_of(refused=[(2, 3)]), replace(TIMELINE, refused_within_ms=4))[
        "down", "*", "slow_refusals", "share"
    ] == pytest.approx(100)


def test_seconds_add_up_to_what_was_asked():
    seconds = by_second([slice_of(bad=[(2, 3)], slow=[(3, 4)], refused=[(4, 5)], unsent=(5.5,))], TIMELINE)

    assert [second.at_s for second in seconds] == [index + 0.5 for index in range(10)]
    assert [second.good for second in seconds] == [100, 100, 0, 0, 0, 100, 100, 100, 100, 100]
    assert (seconds[2].failed, seconds[3].slow, seconds[4].refused) == (100, 100, 100)
    assert (seconds[5].failed, seconds[5].asked) == (1, 101)
    assert seconds[0].p50_ms == pytest.approx(20)
    assert seconds[2].p50_ms is None
    assert seconds[0].in_flight == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("POST /pay*",), [False, True]),
        (("!POST /pay*",), [True, False]),
        (("*", "!GET *"), [False, True]),
        (("GET /rea",), [False, False]),
    ],
)
def test_patterns_take_in_and_take_out(patterns, expected):
    assert list(is_in_group(EndpointGroup(name="g", patterns=patterns), WORDS)) == expected
