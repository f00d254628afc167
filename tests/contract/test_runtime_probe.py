"""The runtime probe: users get what the reference backend mounts, and the harness reads what it writes."""

import asyncio
import gc
import time
from pathlib import Path

import pytest

from harness.probe.runtime import RUNTIME_FILE
from harness.stats.runtime import BEAT_MS
from harness.store.run_folder import RunFolder
from harness.store.runtime_readings import read_runtime
from reference_app.monitoring import kpibench_runtime

MOUNTED = Path(__file__).resolve().parents[2] / "harness/probe/mount/kpibench_runtime.py"
STOPPED_S = 0.12


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Watch a loop that stands still once and collects garbage once, until two beats are written."""
    path = tmp_path / "runtime.jsonl"
    monkeypatch.setenv(RUNTIME_FILE, str(path))

    async def serve():
        stop = kpibench_runtime.watch_runtime()
        time.sleep(STOPPED_S)  # noqa: ASYNC251  - a handler that blocks the loop is what is to be seen
        gc.collect()
        while len(path.read_text().splitlines()) < 2:  # noqa: ASYNC110  - nothing announces a line
            await asyncio.sleep(0.01)
        stop()
        stop()

    callbacks = list(gc.callbacks)
    asyncio.run(serve())
    assert gc.callbacks == callbacks
    return path


def test_the_reference_backend_mounts_the_very_file_that_users_get():
    assert Path(kpibench_runtime.__file__).read_bytes() == MOUNTED.read_bytes()
    assert (kpibench_runtime.VARIABLE, 1000 * kpibench_runtime.BEAT_S) == (RUNTIME_FILE, BEAT_MS)


def test_a_loop_that_stood_still_and_a_collection_are_read(watched, tmp_path):
    found = read_runtime(RunFolder(path=tmp_path), watched)

    assert found.at_ns.size == 2
    assert found.lag_ms[0] >= 1000 * STOPPED_S - BEAT_MS
    assert found.collection_count.sum() >= 1
    assert 0 < found.longest_pause_ms.max() <= found.pause_ms.max()


def test_nothing_is_watched_where_kpibench_names_no_file(monkeypatch):
    monkeypatch.delenv(RUNTIME_FILE, raising=False)
    callbacks = list(gc.callbacks)

    kpibench_runtime.watch_runtime()()

    assert gc.callbacks == callbacks


@pytest.mark.parametrize("written", ['{"at_ns": 1}\n', "no JSON\n", "[1]\n"])
def test_what_another_wrote_into_the_file_fails_no_run(tmp_path, written):
    path = tmp_path / "runtime.jsonl"
    path.write_text(written)

    assert read_runtime(RunFolder(path=tmp_path), path).at_ns.size == 0
