"""process.jsonl -> ProcessReadings."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.stats.columns import FloatArray, ProcessReadings
from harness.store.run_folder import RunFolder


def read_process(folder: RunFolder, path: Path) -> ProcessReadings:
    """Read what was seen of a server's processes; no rows if nobody looked."""
    lines = list(folder.read_lines(path))
    return ProcessReadings(
        at_ns=np.asarray([line["at_ns"] for line in lines], dtype=np.int64),
        uss_bytes=_floats(lines, "uss_bytes"),
        rss_bytes=_floats(lines, "rss_bytes"),
        cpu_s=_floats(lines, "cpu_s"),
    )


def _floats(lines: list[dict[str, Any]], name: str) -> FloatArray:
    return np.asarray([np.nan if line.get(name) is None else line[name] for line in lines], dtype=np.float64)
