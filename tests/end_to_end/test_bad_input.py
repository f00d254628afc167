"""Bad input ends with exit code 2, one sentence and the next step; no traceback, no half-made run folder."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import COMMANDS
from harness.gates.kpi_file import read_kpi_file

ROOT = Path(__file__).resolve().parents[2]


def kpibench(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def write(path, text):
    path.write_text(text)
    return path


EXPERIMENT = """\
schema_version: 1
id: mine
variants: [{id: before, url: "http://127.0.0.1:9"}, {id: after, url: "http://127.0.0.1:9"}]
load: {scenario: load.py, rate: 5}
"""
KPIS = """\
version: 1
kpis:
  - {id: a, title: A, why: b, metric: response_time, stat: p50, target: ["<= 1 ms"], gate: blocking}
"""


@pytest.fixture
def mine(tmp_path):
    write(tmp_path / "kpis.yaml", KPIS)
    shutil.copy(ROOT / "harness/cli/starter/load.py", tmp_path / "load.py")
    return write(tmp_path / "mine.yaml", EXPERIMENT)


@pytest.mark.parametrize(
    ("arguments", "sentence", "next_step"),
    [
        (["run", "quik"], "There is no experiment 'quik'.", "Built in are: "),
        (["run", "quick", "--rate", "fast"], "'fast' is not a valid float", "Usage: "),
        (["run", "quick", "--speed", "9"], "No such option", "Usage: "),
        (["fly"], "No such command 'fly'", "Usage: "),
        (["run", "quick", "--kpis", "none.yaml"], "There is no file none.yaml.", "Looked in"),
        (["serve", "--variant", "afterr"], "There is no variant 'afterr'", "It has: before, after"),
        (["gate", "no-such-run"], "no-such-run", "kpibench run"),
        (["report", "no-such-run"], "no-such-run", "kpibench run"),
        (["analyze", "."], "is no run folder", "kpibench run"),
        (
            ["run", "quick", "--database-url", "postgresql://kpi:secret@127.0.0.1:9/postgres"],
            "cannot be reached",
            "Check host and port",
        ),
        (["compare", "--before", "http://127.0.0.1:9"], "Missing option '--after'", "Usage: "),
    ],
)
def test_a_wrong_word_is_told_with_the_next_step(tmp_path, arguments, sentence, next_step):
    done = kpibench(*arguments, cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert next_step in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_malformed_experiment_is_told_with_its_line(tmp_path):
    path = write(tmp_path / "broken.yaml", "schema_version: 1\nid: [x\nload: 3\n")
    done = kpibench("run", path, cwd=tmp_path)

    assert done.returncode == 2
    assert "broken.yaml:3: not YAML" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_malformed_kpi_file_is_told_with_its_line_before_anything_starts(tmp_path, mine):
    write(tmp_path / "kpis.yaml", KPIS.replace("response_time", "speed"))
    done = kpibench("run", mine, cwd=tmp_path)

    assert done.returncode == 2
    assert "kpis.yaml:3:" in done.stderr
    assert "speed" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_server_that_does_not_answer_leaves_a_note_in_the_run_folder(tmp_path, mine):
    done = kpibench("run", mine, "--out", "here", cwd=tmp_path)

    assert done.returncode == 2
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert '"failed"' in (tmp_path / "here" / "status.json").read_text()


def test_a_taken_port_is_told_before_a_database_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = kpibench("serve", "--variant", "before", "--port", port, cwd=tmp_path)

    assert done.returncode == 2
    assert f"Port {port} cannot be used: Address already in use." in done.stderr
    assert "Give another one: --port" in done.stderr


def test_init_writes_files_that_work_and_never_writes_over_any(tmp_path):
    first = kpibench("init", "check", cwd=tmp_path)
    again = kpibench("init", "check", cwd=tmp_path)
    loaded = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "check/load.py", "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert first.returncode == 0
    assert [kpi.id for kpi in read_kpi_file(tmp_path / "check/kpis.yaml").kpis] == [
        "response-time",
        "error-share",
    ]
    assert "Visitor" in loaded.stdout
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_locust_file_that_cannot_be_loaded_is_told_with_the_reason(tmp_path, mine):
    write(tmp_path / "load.py", "import no_such_module_anywhere\n")
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = server.stdout.readline().split("(")[1].split(")")[0]
        mine.write_text(EXPERIMENT.replace("http://127.0.0.1:9", url.rstrip("/")))
        done = kpibench("run", mine, cwd=tmp_path)
    finally:
        server.terminate()
        server.communicate()

    assert done.returncode == 2
    assert "no_such_module_anywhere" in done.stderr
    assert "Traceback (most recent call last):\n  File" not in done.stderr.split("kpibench: ")[0]


def test_an_existing_run_folder_is_never_written_over(tmp_path, mine):
    (tmp_path / "kept").mkdir()
    write(tmp_path / "kept" / "results.json", "mine")
    done = kpibench("run", mine, "--out", "kept", cwd=tmp_path)

    assert done.returncode == 2
    assert "exists and is not empty" in done.stderr
    assert (tmp_path / "kept" / "results.json").read_text() == "mine"


def test_a_full_disk_is_told_before_anything_starts(tmp_path, mine):
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", full], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("left out: a full disk, which needs the right to mount a small file system")
    try:
        done = kpibench("run", mine, "--out", full / "run", cwd=tmp_path)
    finally:
        subprocess.run(["umount", full], check=True)

    assert done.returncode == 2
    assert "free" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_old_a_python_is_told_in_one_sentence():
    source = (ROOT / "harness" / "__main__.py").read_text().replace("sys.version_info", "(3, 9, 2)")
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert done.returncode == 2
    assert "Python 3.9 is too old: 3.11 or newer is needed." in done.stderr
    assert "Traceback" not in done.stderr


def test_make_says_which_python_it_needs(tmp_path):
    old = write(
        tmp_path / "old-python", '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n'
    )
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", f"PYTHON={old}", "bench"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "kpibench needs Python 3.11 or newer" in done.stderr
    assert "make PYTHON=python3.12 bench" in done.stderr


def test_help_teaches_every_command(tmp_path):
    overview = kpibench("--help", cwd=tmp_path).stdout
    for command in COMMANDS:
        told = CliRunner().invoke(command, ["--help"], prog_name=f"kpibench {command.name}")

        assert f"  {command.name} " in overview
        assert told.exit_code == 0
        assert f"Usage: kpibench {command.name}" in told.stdout
