"""`kpibench run` with a memory phase, as a user runs it: real servers, real Locust, up to the verdict."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from reference_app.legacy.leaks import BYTES_PER_REQUEST

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
from locust import FastHttpUser, constant, task

class Visitor(FastHttpUser):
    wait_time = constant(0)

    @task
    def look(self):
        self.client.get("/page", name="/page")
"""


def experiment(folder, *, before, after, memory):
    def command(kind):
        return {"command": [sys.executable, str(ROOT / "tests/leaking_server.py"), "{port}", *kind.split()]}

    (folder / "load.py").write_text(LOAD)
    content = {
        "schema_version": 1,
        "id": "leaks",
        "variants": [{"id": "before", **command(before)}, {"id": "after", **command(after)}],
        "load": {"scenario": "load.py", "users": 2},
        "rounds": 0,
        "memory": memory,
        "kpis": "harness/gates/memory.yaml",
    }
    (folder / "leaks.yaml").write_text(yaml.safe_dump(content))
    return folder / "leaks.yaml"


def test_a_leak_of_after_ends_with_99_its_rate_and_its_line(kpibench, tmp_path):
    memory = {"repeats": 2, "requests": 1500, "checkpoint": 60}
    path = experiment(tmp_path, before="none 0", after="bytes 4000", memory=memory)
    done = kpibench("run", path, "--out", "run", cwd=tmp_path)
    results = json.loads((tmp_path / "run/results.json").read_text())

    assert done.returncode == 99, done.stderr
    assert results["memory"]["state"] == "leak"
    before, after = results["memory"]["variants"]
    assert before["state"] != "leak"  # so few requests prove no more
    assert after["live_heap_slope"]["value"] == pytest.approx(4000, rel=0.05)
    assert "leaking_server.py" in after["sites"][0]["place"]
    assert "Leak.kept" in done.stdout
    assert "repeat 2 of 2" in done.stderr
    assert "Memory that stays" in (tmp_path / "run/report.html").read_text()


@pytest.mark.long
def test_a_memory_phase_that_was_killed_goes_on_with_the_repeat_that_was_cut_short(
    kpibench, environment, tmp_path
):
    memory = {"repeats": 3, "requests": 1500, "checkpoint": 60}
    path = experiment(tmp_path, before="none 0", after="bytes 4000", memory=memory)
    run = tmp_path / "run"
    command = [sys.executable, "-m", "harness", "run", str(path), "--out", "run"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as process:
        while not (run / "memory/02/after.jsonl").exists():
            assert process.poll() is None
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        process.kill()
    first = {path: path.read_bytes() for path in (run / "memory/01").iterdir()}
    assert not (run / "memory/02/repeat.json").exists()
    resumed = kpibench("run", "--resume", "run", cwd=tmp_path)
    results = json.loads((run / "results.json").read_text())

    assert resumed.returncode == 99, resumed.stderr
    assert {path: path.read_bytes() for path in first} == first
    assert [len(one["slopes"]) for one in results["memory"]["variants"]] == [3, 3]
    assert results["memory"]["state"] == "leak"
    assert "in repeat 2 of the memory phase" in results["gap"]
    assert "memory: repeat 1" not in resumed.stderr
    again = kpibench("run", "--resume", "run", cwd=tmp_path)
    assert "nothing left to measure" in again.stderr
    assert again.returncode == 99


@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(BYTES_PER_REQUEST))
def test_each_leak_of_before_is_found_with_its_rate_and_its_place(kpibench, tmp_path, kind):
    """BEFORE beside itself: what its bounded caches still take after so few requests is in both."""
    text = (ROOT / "harness/plan/experiments/memory.yaml").read_text()
    content = yaml.safe_load(text.replace("{variant}", "before"))
    command = content["target"].pop("command")
    content["variants"] = [
        {"id": name, "command": [*command, "--leak", leak]}
        for name, leak in (("sound", "none"), ("leaky", kind))
    ]
    content["memory"].update(repeats=3, requests=900, checkpoint=30)
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(content))
    done = kpibench("run", tmp_path / "one.yaml", "--out", "run", cwd=tmp_path, timeout=900)
    memory = json.loads((tmp_path / "run/results.json").read_text())["memory"]

    assert done.returncode == 99, done.stdout + done.stderr
    assert memory["added"]["value"] == pytest.approx(BYTES_PER_REQUEST[kind], rel=0.15)
    assert any("legacy/leaks.py" in site["place"] for site in memory["variants"][-1]["sites"])
