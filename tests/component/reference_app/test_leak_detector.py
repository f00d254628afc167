"""MemoryLeakDetector on real processes: BEFORE's five leaks, and processes that keep nothing for ever."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import pytest

from reference_app.legacy.leaks import BYTES_PER_REQUEST
from tests.component.reference_app.leak_run import WITHOUT_A_LEAK

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CONTAINERS = {
    "sessions": "reference_app.legacy.leaks.SessionLeak._taken",
    "tokens": "reference_app.legacy.leaks.TokenLeak._by_token",
    "listeners": "reference_app.legacy.leaks.ListenerLeak._listeners",
    "metrics": "reference_app.legacy.leaks.MetricLeak._measurements",
    "caches": "cache of reference_app.legacy.leaks.CacheLeak._uncached_verdict",
}


def run(kind):
    done = subprocess.run(
        [sys.executable, str(HERE / "leak_run.py"), kind],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", sorted(BYTES_PER_REQUEST))
def test_each_of_befores_leaks_is_found_with_its_rate_its_line_and_its_container(kind):
    found = run(kind)

    assert found["severities"] != ["NONE"]
    assert found["bytes_per_request"] == pytest.approx(BYTES_PER_REQUEST[kind], rel=0.1)
    assert "/legacy/leaks.py:" in found["growth"]["lines"][0]["place"]
    assert found["growth"]["containers"][0]["name"] == CONTAINERS[kind]


@pytest.mark.parametrize("kind", ["filling cache", "fragments", "cycles"])
def test_a_process_that_keeps_nothing_for_ever_raises_no_alarm(kind):
    assert run(kind)["severities"] == ["NONE"]


@pytest.mark.long
def test_twenty_processes_that_keep_nothing_for_ever_raise_no_alarm():
    kinds = list(islice(cycle(WITHOUT_A_LEAK), 20))
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = list(threads.map(run, kinds))

    assert [kind for kind, one in zip(kinds, found, strict=True) if one["severities"] != ["NONE"]] == []
