"""runtime.jsonl -> RuntimeReadings."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.stats.columns import RuntimeReadings
from harness.store.run_folder import RunFolder


def read_runtime(folder: RunFolder, path: Path) -> RuntimeReadings:
    """Read what a server wrote of its event loop and garbage collector.

    No rows if it wrote nothing, nor if what it wrote is not ours to understand: that fails no run.
    """
    try:
        lines = sorted(folder.read_lines(path), key=lambda line: int(line["at_ns"]))
        return _columns(lines)
    except (KeyError, TypeError, ValueError):
        return _columns([])


def _columns(lines: list[dict[str, Any]]) -> RuntimeReadings:
    return RuntimeReadings(
        at_ns=np.asarray([line["at_ns"] for line in lines], dtype=np.int64),
        lag_ms=np.asarray([line["lag_ms"] for line in lines], dtype=np.float64),
        collection_count=np.asarray([line["collections"] for line in lines], dtype=np.int64),
        pause_ms=np.asarray([line["pause_ms"] for line in lines], dtype=np.float64),
        longest_pause_ms=np.asarray([line["longest_pause_ms"] for line in lines], dtype=np.float64),
    )
