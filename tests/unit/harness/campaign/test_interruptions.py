"""The sentences about a run that was cut short and resumed."""

from dataclasses import replace

import pytest

from harness.campaign.analyze import analyze
from harness.campaign.interruptions import told_interruptions
from tests.statistics.synthetic_run import SyntheticRun

ENTRY = {
    "ended_at": "2026-11-23T12:01:00Z",
    "resumed_at": "2026-11-23T12:02:01Z",
    "gap_s": 61.0,
    "round": 3,
    "slice": 7,
    "variant": "after",
    "is_under_way": True,
    "reason": "The server of variant 'after' died in round 3.",
}


def test_a_run_without_interruption_has_no_gap():
    assert told_interruptions({"state": "finished"}, ()) == ""


def test_when_where_how_long_and_why_are_told():
    assert told_interruptions({"interruptions": [ENTRY]}, ()) == (
        "The run was cut short once and resumed."
        " 2026-11-23T12:01:00Z, in slice 7 (after) of round 3, for 61 s:"
        " The server of variant 'after' died in round 3."
    )


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"repeat": 2, "is_under_way": True}, "in repeat 2 of the memory phase"),
        ({"repeat": 1, "is_under_way": False}, "before repeat 1 of the memory phase"),
        ({}, "with all slices and repeats done"),
    ],
)
def test_what_comes_after_the_rounds_is_told_as_well(place, told):
    entry = {name: ENTRY[name] for name in ("ended_at", "resumed_at", "gap_s", "reason")}

    assert f"2026-11-23T12:01:00Z, {told}, for 61 s: " in told_interruptions(
        {"interruptions": [entry | place]}, ()
    )


def test_a_long_gap_is_told_in_hours():
    assert "for 10.0 h: " in told_interruptions({"interruptions": [{**ENTRY, "gap_s": 36_000}]}, ())


def test_a_round_of_two_fresh_starts_is_one_observation_and_is_named(tmp_path):
    folder = SyntheticRun().write(tmp_path / "run")
    whole = analyze(folder)
    for index, summary in folder.finished_slices():
        if index == 3 and summary.couple >= 2:
            folder.write_slice_summary(index, replace(summary, attempt=2))
    folder.write_status({**folder.status, "interruptions": [ENTRY]})
    resumed = analyze(folder)

    assert [one["attempts"] for one in whole["rounds"]] == [1] * 6
    assert [one["attempts"] for one in resumed["rounds"]] == [1, 1, 2, 1, 1, 1]
    assert "(how many): 3 (2);" in resumed["gap"]
    assert resumed["outcome"] == whole["outcome"] == "passed"
    assert resumed["kpis"][0] == whole["kpis"][0]


def test_cpu_of_a_resumed_round_is_that_of_its_last_start(tmp_path):
    folder = SyntheticRun().write(tmp_path / "run")
    for index, summary in folder.finished_slices():
        if summary.couple >= 2:
            folder.write_slice_summary(index, replace(summary, attempt=2))
    cpu = analyze(folder)["variants"][0]["cpu_time"]

    assert abs(cpu["value"] - 90) < 0.1, "per request, though only half of the requests are of the last start"
