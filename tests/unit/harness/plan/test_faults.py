"""`faults` of an experiment file: what they mean, and every fault of theirs with its line."""

from textwrap import dedent

import pytest

from harness.documents import DocumentError
from harness.model.fault import Overload, RunCommand, SetService
from harness.plan.arrivals import arrivals_within
from harness.plan.experiment import Overrides, plan_experiment, read_experiment
from harness.plan.faults import seconds_of
from harness.plan.plan_file import dump_plan, load_plan

HEAD = """\
schema_version: 1
id: broken
target:
  command: [serve, "{port}"]
  companions: {stub: {command: [stub, "{port}"], ready_path: /control}}
variants: [{id: before}, {id: after}]
load: {scenario: scenarios/booking_day.py, rate: 10}
"""
TIMELINE = """\
faults:
  good_within: 400 ms
  recovery_share: 85
  refused: {statuses: [503], within: 20 ms}
  groups: {payments: ["POST /payments*"]}
  timeline:
    - {id: fails, at: 9 s, for: 500 ms, command: {start: [break], undo: [mend], timeout: 3 s}}
    - {id: hang, title: Payments hang, at: 5 s, for: 4 s, settle: 1 s,
       external: {companion: stub, path: /control/payments, start: {mode: hang}, undo: {mode: ok}}}
"""


def planned(tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    return plan_experiment(read_experiment(path), Overrides())


def told(tmp_path, text):
    with pytest.raises(DocumentError) as caught:
        planned(tmp_path, text)
    return caught.value.message


def test_faults_are_read_in_order_of_time_and_the_slice_goes_on_after_them(tmp_path):
    plan = planned(tmp_path, HEAD + TIMELINE)
    hang, fails = plan.faults.faults

    assert (hang.title, hang.at_s, hang.for_s, hang.settle_s) == ("Payments hang", 5, 4, 1)
    assert hang.action == SetService(
        companion="stub", path="/control/payments", start={"mode": "hang"}, undo={"mode": "ok"}
    )
    assert fails.action == RunCommand(start=("break",), undo=("mend",), timeout_s=3)
    assert (plan.faults.good_within_ms, plan.faults.recovery_share) == (400, 85)
    assert (plan.faults.refused_statuses, plan.faults.refused_within_ms) == ((503,), 20)
    load = [piece for piece in plan.rounds[0].slices if not piece.is_warm_up]
    assert [piece.duration_s for piece in load] == [19.5, 19.5], "one couple, 10 s beyond the last fault"


def test_a_plan_with_faults_comes_back_from_its_file(tmp_path):
    plan = planned(tmp_path, HEAD + TIMELINE)

    assert load_plan(dump_plan(plan)) == plan


def test_an_overload_is_a_step_of_the_schedule_and_back(tmp_path):
    text = "faults: {good_within: 1 s, timeline: [{id: much, at: 10 s, for: 5 s, overload: {times: 4}}]}\n"
    plan = planned(tmp_path, HEAD.replace("rate: 10", "rate: 100, distribution: uniform") + text)
    offsets = [
        arrival.offset_ns / 1e9
        for arrival in arrivals_within(25, plan.scenario.profile, distribution="uniform", seed=1)
    ]
    counts = [sum(low <= at < low + 5 for at in offsets) for low in range(0, 25, 5)]

    assert isinstance(plan.faults.faults[0].action, Overload)
    assert counts == [500, 500, 2000, 500, 500]


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("at: 9 s", "at: 8 s", "'fails' begins before 'hang' is over: one fault at a time"),
        ("id: fails", "id: hang", "the fault 'hang' is given twice"),
        ("companion: stub", "companion: redis", "no variant has a companion 'redis'"),
        ("companion: stub, ", "", "external needs exactly one of companion and url"),
        ("at: 5 s", "at: 0 s", "a fault at 0 s leaves nothing quiet to compare with"),
        ("rate: 10", "users: 10", "users wait for a broken backend: faults need a rate or stages"),
        ("id: broken", "id: broken\nslice_seconds: 9", "a slice of 9 s ends before its last fault, at 9.5 s"),
        ("id: broken", "id: broken\nprecision: {seconds: 5}", "leave precision out"),
        ("at: 5 s", "at: soon", "'soon' does not match"),
        ("{id: before}", "{id: before, url: 'http://x'}", None),
    ],
)
def test_what_cannot_work_is_told_with_its_line(tmp_path, was, becomes, fault):
    text = (HEAD + TIMELINE).replace(was, becomes)
    if fault is None:
        assert planned(tmp_path, text).faults, "commands can break a server that somebody else runs"
    else:
        assert fault in told(tmp_path, text)


def test_what_only_a_started_server_can_suffer_needs_one(tmp_path):
    text = HEAD.replace("{id: before}", "{id: before, url: 'http://x'}") + dedent("""\
        faults:
          good_within: 1 s
          timeline: [{id: kill, at: 5 s, for: 4 s, kill_instance: null}]
        """)

    assert "kill_instance needs a server that kpibench started; 'before' is a url" in told(tmp_path, text)


@pytest.mark.parametrize(("text", "seconds"), [("20 s", 20), ("500ms", 0.5), (" .5 s ", 0.5)])
def test_times_are_written_with_their_unit(text, seconds):
    assert seconds_of(text) == seconds


def test_a_number_alone_is_no_time():
    with pytest.raises(ValueError, match="write 20 s or 500 ms"):
        seconds_of("20")
