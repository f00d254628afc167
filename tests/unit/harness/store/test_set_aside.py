"""What a cut-short attempt left is moved, whole, and nothing is deleted."""

from harness.store.run_folder import RunFolder
from harness.store.set_aside import set_aside

KEPT = [("before", 2), ("after", 3)]


def left_behind(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    for index in range(5):
        path = folder.slice_samples(1, "after" if index % 2 else "before", index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("rows")
        path.with_suffix(".json").write_text("{}")
    for path in (folder.host_jsonl(1), folder.server_log(1, "after"), folder.process_jsonl(1, "after")):
        path.write_text("a line\n")
    return folder


def names(folder):
    home = folder.round_dir(1)
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_a_round_that_never_began_has_nothing_to_move(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    set_aside(folder, 1, kept=[])

    assert folder.last_attempt(1) == 0


def test_slices_that_count_stay_and_all_else_is_kept_beside(tmp_path):
    folder = left_behind(tmp_path)
    set_aside(folder, 1, kept=KEPT)

    assert folder.last_attempt(1) == 2
    assert {name for name in names(folder) if not name.startswith("attempt-")} == {
        "host.jsonl", "before/slices/0002.arrow", "before/slices/0002.json", "after/slices/0003.arrow",
        "after/slices/0003.json",
    }  # fmt: skip
    assert {"attempt-1/after/server.log", "attempt-1/after/slices/0001.arrow"} <= names(folder)
    assert len(names(folder)) == 13


def test_a_second_attempt_does_not_touch_the_first(tmp_path):
    folder = left_behind(tmp_path)
    set_aside(folder, 1, kept=KEPT)
    folder.server_log(1, "after").write_text("the second")
    set_aside(folder, 1, kept=KEPT)

    assert (folder.attempt_dir(1, 1) / "after/server.log").read_text() == "a line\n"
    assert (folder.attempt_dir(1, 2) / "after/server.log").read_text() == "the second"
    assert folder.last_attempt(1) == 3


def test_a_move_that_was_killed_is_finished_under_the_same_number(tmp_path):
    folder = left_behind(tmp_path)
    unfinished = folder.round_dir(1) / ".attempt-1.unfinished"
    (unfinished / "after").mkdir(parents=True)
    folder.server_log(1, "after").rename(unfinished / "after/server.log")
    set_aside(folder, 1, kept=KEPT)

    assert (folder.attempt_dir(1, 1) / "after/server.log").is_file()
    assert (folder.attempt_dir(1, 1) / "after/process.jsonl").is_file()
    assert folder.last_attempt(1) == 2
