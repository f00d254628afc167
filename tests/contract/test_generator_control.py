"""The control protocol of docs/formats.md, spoken to a real generator without the driver."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from harness.model.slice_summary import GeneratorReport

ROOT = Path(__file__).parents[2]
IDLE = """
from locust import User, task

class Idler(User):
    @task
    def idle(self):
        pass
"""


@pytest.fixture
def generator(tmp_path):
    (tmp_path / "idle.py").write_text(IDLE)
    ours, theirs = socket.socketpair()
    files = f"{tmp_path / 'idle.py'},{ROOT / 'harness' / 'generator' / 'plugin.py'}"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KPIBENCH_CONTROL_FD": str(theirs.fileno()),
        "KPIBENCH_TARGETS": json.dumps({"before": "http://127.0.0.1:9"}),
    }
    with (
        ours,
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", files, "--headless", "--users", "0"],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdout=log,
            stderr=log,
        ) as process,
        ours.makefile("rw") as lines,
    ):
        theirs.close()
        ours.settimeout(60)
        try:
            yield process, lines
        finally:
            process.kill()


def say(lines, **command):
    lines.write(json.dumps(command) + "\n")
    lines.flush()


def test_ready_then_a_slice_then_quit(generator, tmp_path):
    process, lines = generator
    ready = json.loads(lines.readline())
    assert (ready["event"], ready["user_classes"]) == ("ready", ["Idler"])
    assert ready["locust_version"]
    arrivals = [[number * 1_000_000, number] for number in range(20)]
    say(
        lines,
        command="slice",
        target="before",
        arrivals=arrivals,
        duration_s=1.2,
        samples=str(tmp_path / "a.arrow"),
        drain_s=1,
    )
    events = []
    while not events or events[-1]["event"] == "progress":
        events.append(json.loads(lines.readline()))
    done = events.pop()
    assert done.pop("event") == "slice_done"
    assert set(done) == {field.name for field in fields(GeneratorReport)}
    assert {event["event"] for event in events} == {"progress"}
    assert all({"sent", "done"} < set(event) for event in events)
    # a task that sends nothing is counted as sent, and leaves no row
    assert (done["planned_arrivals"], done["sent_arrivals"], done["request_count"]) == (20, 20, 0)
    say(lines, command="quit")
    assert lines.readline() == ""
    assert process.wait(timeout=20) == 0
