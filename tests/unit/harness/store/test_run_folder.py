"""The run folder: where things lie, atomic writing, a full disk, halves left by a kill."""

import json
import os
from pathlib import Path

import pytest

from harness.errors import MeasurementError, UsageError
from harness.model.slice_summary import GeneratorReport, SliceSummary, Spread
from harness.store.run_folder import RunFolder

SPREAD = Spread(p50=0.1, p99=0.9, max=1.1)


def summary(index=7, variant="after"):
    return SliceSummary(
        slice=index,
        variant=variant,
        couple=2,
        is_warm_up=False,
        duration_s=2.5,
        schedule_sha256="abc",
        idle_cpu_share={"before": 0.002},
        report=GeneratorReport(
            started_ns=1,
            ended_ns=2,
            planned_arrivals=20,
            sent_arrivals=20,
            dropped_arrivals=0,
            late_arrivals=0,
            request_count=45,
            failed_count=0,
            max_in_flight=3,
            drained=True,
            start_lag_ms=SPREAD,
            loop_lag_ms=SPREAD,
            generator_cpu_share=0.11,
        ),
    )


def test_files_lie_where_the_formats_say(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    found = {
        str(path.relative_to(folder.path))
        for path in (
            folder.experiment_yaml,
            folder.kpis_yaml,
            folder.plan_json,
            folder.environment_json,
            folder.status_json,
            folder.results_json,
            folder.report_html,
            folder.round_json(1),
            folder.host_jsonl(1),
            folder.generator_jsonl(1),
            folder.generator_log(1),
            folder.process_jsonl(1, "after"),
            folder.queries_json(1, "after"),
            folder.server_log(1, "after"),
            folder.slice_samples(1, "after", 7),
            folder.slice_summary(1, "after", 7),
        )
    }

    assert found == {
        "experiment.yaml",
        "kpis.yaml",
        "plan.json",
        "environment.json",
        "status.json",
        "results.json",
        "report.html",
        "rounds/01/round.json",
        "rounds/01/host.jsonl",
        "rounds/01/generator.jsonl",
        "rounds/01/generator.log",
        "rounds/01/after/process.jsonl",
        "rounds/01/after/queries.json",
        "rounds/01/after/server.log",
        "rounds/01/after/slices/0007.arrow",
        "rounds/01/after/slices/0007.json",
    }
    assert folder.run_id == "run"


def test_a_new_folder_has_a_note_in_it_from_the_first_moment(tmp_path):
    folder = RunFolder.create(tmp_path / "runs" / "one")

    assert folder.status == {"state": "running", "note": "The run has begun, nothing is measured yet."}
    assert RunFolder.open(folder.path) == folder


def test_an_empty_folder_may_be_taken_and_a_full_one_may_not(tmp_path):
    RunFolder.create(tmp_path)

    with pytest.raises(UsageError, match="exists and is not empty"):
        RunFolder.create(tmp_path)


def test_a_folder_cannot_be_made_below_a_file(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(UsageError, match=r"Cannot make the run folder .*: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run")


@pytest.mark.parametrize("name", [".", "missing"])
def test_what_is_no_run_folder_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"is no run folder: it has no status\.json"):
        RunFolder.open(tmp_path / name)


def test_a_summary_comes_back_as_it_was_written_and_lies_flat(tmp_path):
    folder = RunFolder.create(tmp_path)
    folder.write_slice_summary(1, summary())
    content = json.loads(folder.slice_summary(1, "after", 7).read_text())

    assert folder.finished_slices() == ((1, summary()),)
    assert list(content) == [
        "slice", "variant", "couple", "is_warm_up", "duration_s", "schedule_sha256", "attempt",
        "is_precision", "faults", "started_ns", "ended_ns", "planned_arrivals", "sent_arrivals",
        "dropped_arrivals", "late_arrivals",
        "request_count", "failed_count", "max_in_flight", "drained", "start_lag_ms", "loop_lag_ms",
        "generator_cpu_share", "connection_errors",
        "lost_arrivals", "workers", "idle_cpu_share",
    ]  # fmt: skip
    assert content["start_lag_ms"] == {"p50": 0.1, "p99": 0.9, "max": 1.1}


def test_slices_are_found_in_order_and_only_when_their_summary_is_there(tmp_path):
    folder = RunFolder.create(tmp_path)
    for round_index, index, variant in ((10, 0, "before"), (2, 1, "before"), (2, 0, "after")):
        folder.write_slice_summary(round_index, summary(index, variant))
    folder.slice_samples(2, "after", 3).touch()

    found = [(index, piece.slice) for index, piece in folder.finished_slices()]

    assert found == [(2, 0), (2, 1), (10, 0)]


def test_a_damaged_summary_is_told_by_name(tmp_path):
    folder = RunFolder.create(tmp_path)
    folder.write_text(folder.slice_summary(1, "after", 0), "{")
    with pytest.raises(MeasurementError, match=r"0000.json: it is not JSON"):
        folder.finished_slices()

    folder.write_text(folder.slice_summary(1, "after", 0), "{}")
    with pytest.raises(MeasurementError, match=r"0000.json is no slice summary"):
        folder.finished_slices()


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path):
    folder = RunFolder.create(tmp_path)
    before = folder.status_json.read_text()

    with pytest.raises(UnicodeEncodeError):
        folder.write_text(folder.status_json, "\ud800")

    assert folder.status_json.read_text() == before
    assert os.listdir(tmp_path) == ["status.json"]  # noqa: PTH208 - hidden files too


def test_what_is_no_json_is_not_written(tmp_path):
    folder = RunFolder.create(tmp_path)

    with pytest.raises(ValueError, match="Out of range"):
        folder.write_json(folder.results_json, {"value": float("nan")})

    assert not folder.results_json.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="left out: a full disk, as /dev/full is not here")
def test_a_full_disk_is_told_in_a_sentence(tmp_path):
    folder = RunFolder.create(tmp_path)
    (tmp_path / "full.jsonl").symlink_to("/dev/full")

    with pytest.raises(MeasurementError) as caught:
        folder.append_line(tmp_path / "full.jsonl", "x" * 100_000)

    assert caught.value.message == f"The disk is full: {tmp_path}/full.jsonl could not be written."
    assert caught.value.hint == "Free some space, then run again."


def test_a_file_where_a_folder_must_be_is_told(tmp_path):
    folder = RunFolder.create(tmp_path)
    (tmp_path / "rounds").write_text("x")

    with pytest.raises(MeasurementError, match="could not be written: Not a directory"):
        folder.write_slice_summary(1, summary())


def test_lines_are_read_up_to_the_last_whole_one(tmp_path):
    folder = RunFolder.create(tmp_path)
    path = tmp_path / "process.jsonl"
    assert list(folder.read_lines(path)) == []

    folder.append_line(path, '{"at_ns": 1}')
    folder.append_line(path, '{"at_ns": 2}')
    with path.open("a") as file:
        file.write('{"at_n')

    assert list(folder.read_lines(path)) == [{"at_ns": 1}, {"at_ns": 2}]
