"""The page that follows a run: a process of its own that reads the run folder, with less right to the CPU."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.store.run_folder import RunFolder


@contextmanager
def live_page(folder: RunFolder, *, is_wanted: bool) -> Iterator[None]:
    """Serve the page of a run while the block runs, and print its address on standard error."""
    if not is_wanted:
        yield
        return
    command = ["nice", "-n", "15", sys.executable, "-m", "reports", "live", str(folder.path)]
    process = subprocess.Popen(command, stdout=sys.stderr.fileno(), stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        # It stays for a few seconds, so that a browser can fetch the verdict.
        process.terminate()
