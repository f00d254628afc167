"""One process at a time works on a run folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import UsageError
from harness.store.atomic import told_as_measurement_error
from harness.store.run_folder import RunFolder


@contextmanager
def hold_run(folder: RunFolder) -> Iterator[None]:
    """Be the only process that measures into this run folder.

    The kernel gives the lock back when its holder dies, however it dies.

    Raises:
        UsageError: another process holds it.
    """
    with told_as_measurement_error(folder.lock_file):
        descriptor = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: RunFolder) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        raise UsageError(
            f"The run {folder.path} is under way in process {holder}.",
            hint=f"Wait until it has ended, or end it: kill {holder}",
        ) from None
