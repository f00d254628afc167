"""The memory probe: users get what the reference backend mounts and what the harness reads."""

import subprocess
import sys
from pathlib import Path

from harness.model.memory import PROBE_PATH
from harness.probe.memory import _FIELDS
from reference_app.monitoring import kpibench_memory
from reference_app.monitoring.live_memory import PATH

ROOT = Path(__file__).resolve().parents[2]
MOUNTED = ROOT / "harness/probe/mount/kpibench_memory.py"


def test_the_reference_backend_mounts_the_very_file_that_users_get():
    assert Path(kpibench_memory.__file__).read_bytes() == MOUNTED.read_bytes()
    assert PATH == PROBE_PATH


def test_the_probe_tells_what_the_harness_reads():
    told = kpibench_memory.read_memory()

    assert set(_FIELDS) <= set(told)
    assert told["version"] == 1
    assert all(isinstance(told[name], int) for name in _FIELDS)


def test_the_probe_sees_a_megabyte_that_is_kept_and_no_longer_when_it_is_not():
    before = kpibench_memory.read_memory()["live_bytes"]
    kept = [bytes(1_000) for _ in range(1_000)]
    during = kpibench_memory.read_memory()["live_bytes"]
    del kept
    after = kpibench_memory.read_memory()["live_bytes"]

    assert abs(during - before - 1_000_000) < 100_000
    assert abs(after - before) < 100_000


def test_the_probe_leaves_the_servers_standard_error_as_it_was():
    code = "import sys; import kpibench_memory as k; k.read_memory(); sys.stderr.write('whole')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=MOUNTED.parent, capture_output=True, text=True, check=True
    )

    assert done.stderr == "whole"
