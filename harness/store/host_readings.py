"""host.jsonl -> HostReadings."""

from pathlib import Path

import numpy as np

from harness.stats.host import HostReadings
from harness.store.run_folder import RunFolder


def read_host(folder: RunFolder, path: Path) -> HostReadings:
    """Read what was seen of the machine; no rows if nobody looked."""
    lines = list(folder.read_lines(path))
    return HostReadings(
        at_ns=np.asarray([line["at_ns"] for line in lines], dtype=np.int64),
        cpu_share=np.asarray([line["cpu_share"] for line in lines], dtype=np.float64),
        steal_share=np.asarray([line["steal_share"] for line in lines], dtype=np.float64),
    )
