"""A run that dies again and again, each time of another cause, is finished and tells the truth about it."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.ipc
import pytest
import yaml
from jsonschema import Draft202012Validator

from harness.plan.plan_file import load_plan
from harness.store.results import results_schema

ROOT = Path(__file__).resolve().parents[2]
EXIT_CODES = {"passed": 0, "failed": 99, "inconclusive": 3, "invalid": 4}
DEATHS = {"harness": (1, 1, 0), "server": (1, 2, 1), "database": (1, 3, 1), "generator": (2, 1, 1)}
"""Who dies, and in which round, attempt and couple."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one process of kpibench ended."""

    exit_code: int
    output: str
    left_running: tuple = ()
    state: str = ""
    """As status.json says afterwards."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A run that was killed once for each of DEATHS, and then finished."""

    folder: Path
    analyzed: subprocess.CompletedProcess
    """`kpibench analyze` on what the killed harness left."""
    outcome_of_the_rest: str
    plan_text: str
    deaths: dict
    end: Ended


@pytest.fixture(scope="module")
def home(tmp_path_factory, small_experiment):
    """A working folder with an experiment of two rounds of two couples, all its files its own."""
    home = tmp_path_factory.mktemp("resume")
    content = yaml.safe_load(small_experiment.read_text())
    content.update(rounds=2, couples=2)
    del content["precision"]
    shutil.copy(content["kpis"], home / "kpis.yaml")
    (home / "day.py").write_text("from scenarios.booking_day import *  # noqa: F403\nimport beside\n")
    (home / "beside.py").write_text("here = True\n")
    content["kpis"] = "kpis.yaml"
    content["load"].update(scenario="day.py", rate=15)
    (home / "tiny.yaml").write_text(yaml.safe_dump(content))
    return home


@pytest.fixture(scope="module")
def start(environment, home):
    """Start kpibench as a user does, and never leave it behind."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", "run", *arguments],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def story(start, home, kpibench):
    run, deaths = home / "run", {}
    process = start("tiny.yaml", "--out", "run")
    for victim, place in DEATHS.items():
        wait_for_second_slice(run, process, *place)
        children = psutil.Process(process.pid).children(recursive=True)
        find(process, victim).kill()
        output, _ = process.communicate(timeout=60)
        _gone, alive = psutil.wait_procs(children, timeout=30)
        state = json.loads((run / "status.json").read_text())["state"]
        deaths[victim] = Ended(
            exit_code=process.returncode, output=output, left_running=tuple(alive), state=state
        )
        if victim == "harness":
            plan_text = (run / "plan.json").read_text()
            analyzed = kpibench("analyze", "run", cwd=home)
            outcome_of_the_rest = json.loads((run / "results.json").read_text())["outcome"]
        process = start("--resume", "run")
    output, _ = process.communicate(timeout=120)
    end = Ended(exit_code=process.returncode, output=output)
    return Story(
        folder=run,
        plan_text=plan_text,
        deaths=deaths,
        end=end,
        analyzed=analyzed,
        outcome_of_the_rest=outcome_of_the_rest,
    )


def wait_for_second_slice(run, process, round_index, attempt, couple):
    """Wait until the couple's second slice has samples on the disk and has not ended."""
    while not is_second_slice_under_way(run, round_index, attempt, couple):
        assert process.poll() is None, process.communicate()[0]
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue


def is_second_slice_under_way(run, round_index, attempt, couple):
    plan_json = run / "plan.json"
    place = run / "rounds" / f"{round_index:02}"
    if not plan_json.is_file() or len(list(place.glob("attempt-*"))) != attempt - 1:
        return False
    round_ = load_plan(plan_json.read_text()).rounds[round_index - 1]
    _first, second = [piece for piece in round_.slices if piece.couple == couple]
    samples = place / second.variant_id / "slices" / f"{second.index:04}.arrow"
    return samples.is_file() and samples.stat().st_size > 0 and not samples.with_suffix(".json").exists()


def find(process, victim):
    """Find the process that is to die: kpibench itself or one that it started."""
    if victim == "harness":
        return process
    words = {"server": "serve", "database": "-D", "generator": "harness.generator"}
    children = psutil.Process(process.pid).children(recursive=True)
    return next(child for child in children if words[victim] in child.cmdline())


def summaries(run):
    for path in sorted(run.glob("rounds/*/*/slices/*.json")):
        yield int(path.parts[-4]), json.loads(path.read_text()), path.with_suffix(".arrow")


def counting(run):
    return [entry for entry in summaries(run) if not entry[1]["is_warm_up"]]


@pytest.fixture(scope="module")
def results(story):
    return json.loads((story.folder / "results.json").read_text())


@pytest.fixture(scope="module")
def status(story):
    return json.loads((story.folder / "status.json").read_text())


@pytest.mark.parametrize(
    ("victim", "sentence"),
    [
        ("server", "The server of variant "),
        ("database", "The embedded PostgreSQL died"),
        ("generator", "The load generator was killed by SIGKILL"),
    ],
)
def test_a_death_in_the_middle_is_told_with_exit_code_4_and_the_next_step(story, victim, sentence):
    ended = story.deaths[victim]

    assert ended.exit_code == 4, ended.output
    assert sentence in ended.output
    assert "To finish the run: kpibench run --resume run" in ended.output
    assert "Traceback" not in ended.output
    assert ended.state == "failed"


def test_the_death_of_a_server_is_told_with_its_round_and_its_log(story):
    assert "died in round" in story.deaths["server"].output
    assert "server.log" in story.deaths["server"].output


@pytest.mark.parametrize("victim", DEATHS)
def test_whoever_dies_leaves_nothing_running(story, victim):
    assert story.deaths[victim].left_running == ()


def test_kill_9_of_the_harness_leaves_a_folder_that_can_be_analyzed_and_has_not_passed(story):
    assert story.analyzed.returncode == 0, story.analyzed.stderr
    assert story.outcome_of_the_rest != "passed"


def test_the_run_ends_by_its_verdict(story, results):
    assert story.end.exit_code == EXIT_CODES[results["outcome"]], story.end.output
    assert "Traceback" not in story.end.output


def test_everything_that_was_planned_is_there_once_and_the_plan_is_as_it_was(story):
    plan = load_plan(story.plan_text)
    planned = {(r.index, p.variant_id, p.index) for r in plan.rounds for p in r.slices}
    found = Counter((index, one["variant"], one["slice"]) for index, one, _ in summaries(story.folder))

    assert (story.folder / "plan.json").read_text() == story.plan_text
    assert set(found) == planned
    assert set(found.values()) == {1}


def test_the_slices_of_a_couple_come_from_one_fresh_start(story):
    attempts = {}
    for index, one, _ in counting(story.folder):
        attempts.setdefault((index, one["couple"]), set()).add(one["attempt"])

    assert attempts == {(1, 0): {2}, (1, 1): {4}, (2, 0): {1}, (2, 1): {2}}


def test_no_sample_is_counted_twice_and_none_is_lost(story, results):
    tables = [pyarrow.ipc.open_stream(path).read_all() for _, _, path in counting(story.folder)]
    rows = [
        row
        for table in tables
        for row in zip(*(table[c].to_pylist() for c in ("sent_ns", "arrival", "step")), strict=True)
    ]

    assert len(rows) == len(set(rows)) == sum(one["request_count"] for _, one, _ in counting(story.folder))
    assert sum(variant["request_count"] for variant in results["variants"]) == len(rows)


def test_what_a_dead_attempt_left_is_kept_beside(story):
    aside = story.folder / "rounds/01"
    lone_slice = list(aside.glob("attempt-1/*/slices/0002.json"))
    cut_short = list(aside.glob("attempt-1/*/slices/0003.arrow"))

    assert [path.name for path in sorted(aside.glob("attempt-*"))] == ["attempt-1", "attempt-2", "attempt-3"]
    assert len(lone_slice) == len(cut_short) == 1
    assert not cut_short[0].with_suffix(".json").exists()
    assert pyarrow.ipc.open_stream(cut_short[0]).read_next_batch().num_rows > 0
    assert list(aside.glob("attempt-2/*/server.log"))


def test_the_gap_is_named_everywhere(story, results, status):
    places = [(one["round"], one["slice"], one["is_under_way"]) for one in status["interruptions"]]

    assert places == [(1, 3, True), (1, 5, True), (1, 5, True), (2, 5, True)]
    assert all(one["gap_s"] >= 0 for one in status["interruptions"])
    assert results["gap"].startswith("The run was cut short 4 times and resumed.")
    for words in ("no end was noted", "died in round 1", "PostgreSQL died", "killed by SIGKILL"):
        assert words in results["gap"]
    assert "fresh start (how many): 1 (2), 2 (2)" in results["gap"]
    assert "cut short 4 times" in story.end.output
    assert "cut short 4 times" in (story.folder / "report.html").read_text()


def test_the_results_have_the_shape_of_any_other(results):
    Draft202012Validator(results_schema()).validate(results)

    assert [(one["index"], one["slice_count"], one["attempts"]) for one in results["rounds"]] == [
        (1, 4, 2),
        (2, 4, 2),
    ]
    checks = {check["id"]: check["ok"] for check in results["validity"]}
    assert checks["rounds-complete"]
    assert checks["samples-complete"]
    assert all(variant["memory_uss"] for variant in results["variants"]) or len(results["rounds"]) < 6


def test_a_finished_run_says_so_and_exits_by_its_verdict(story, kpibench, home, results):
    before = (story.folder / "results.json").read_bytes()
    again = kpibench("run", "--resume", "run", cwd=home)

    assert again.returncode == EXIT_CODES[results["outcome"]]
    assert "is finished: there is nothing left to measure" in again.stderr
    assert (story.folder / "results.json").read_bytes() == before


def test_a_run_that_a_process_works_on_is_refused(story, kpibench, environment):
    code = (
        "from pathlib import Path; from harness.store.run_folder import RunFolder\n"
        "from harness.store.run_lock import hold_run\n"
        "with hold_run(RunFolder.open(Path('run'))): print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=story.folder.parent,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    refused = kpibench("run", "--resume", "run", cwd=story.folder.parent)
    holder.communicate("\n")

    assert refused.returncode == 2
    assert f"is under way in process {holder.pid}" in refused.stderr


@pytest.fixture
def unfinished(story, home):
    """A copy of the run that lacks its last couple."""
    shutil.copytree(story.folder, home / "unfinished")
    for path in (home / "unfinished").glob("rounds/02/*/slices/0005.*"):
        path.unlink()
    yield home / "unfinished"
    shutil.rmtree(home / "unfinished")


def change_the_scenario(home, _run):
    (home / "beside.py").write_text("here = False\n")


def change_the_kpis(home, _run):
    (home / "kpis.yaml").write_text((home / "kpis.yaml").read_text() + "\n# stricter\n")


def change_the_experiment(home, _run):
    (home / "tiny.yaml").write_text((home / "tiny.yaml").read_text().replace("rate: 15", "rate: 30"))


def change_the_plan(_home, run):
    (run / "plan.json").write_text((run / "plan.json").read_text().replace('"rate": 15', '"rate": 30'))


def note(run, change):
    environment = json.loads((run / "environment.json").read_text())
    change(environment)
    (run / "environment.json").write_text(json.dumps(environment))


def note_other_data(_home, run):
    note(run, lambda environment: environment["inputs"]["data"].update(after="kpibench_other"))


def note_another_package(_home, run):
    note(run, lambda environment: environment["machine"]["packages"].update(locust="2.0.0"))


def note_another_machine(_home, run):
    note(run, lambda environment: environment["machine"]["machine"].update(logical_cpus=999))


def note_another_code(_home, run):
    note(run, lambda environment: environment["inputs"].update(code_sha256="0"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_the_scenario, "the scenario "),
        (change_the_kpis, "the KPI file "),
        (change_the_experiment, "the experiment file "),
        (change_the_plan, "the plan, plan.json"),
        (note_other_data, "the data set of 'after'"),
        (note_another_package, "packages locust: 2.0.0 when the run began, "),
        (note_another_machine, "machine logical_cpus: 999 when the run began, "),
        (note_another_code, "the code of kpibench"),
    ],
)
def test_a_run_is_not_resumed_on_something_else(unfinished, kpibench, home, change, told):
    kept = {path: path.read_text() for path in home.iterdir() if path.is_file()}
    change(home, unfinished)
    refused = kpibench("run", "--resume", "unfinished", cwd=home)
    for path, text in kept.items():
        path.write_text(text)

    assert refused.returncode == 2, refused.stderr
    assert told in refused.stderr
    assert "kpibench analyze" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert json.loads((unfinished / "status.json").read_text())["state"] == "finished"


def test_nothing_is_asked_for_beside_a_run_to_resume(kpibench, story):
    refused = kpibench("run", "tiny.yaml", "--resume", "run", "--rate", "9", cwd=story.folder.parent)

    assert refused.returncode == 2
    assert "Give nothing but the folder: kpibench run --resume run" in refused.stderr
