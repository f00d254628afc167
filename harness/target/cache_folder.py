"""The cache folder: where it is, who may use it now, and whether the disk has room."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from harness.errors import UsageError

CACHE_DIR_VARIABLE = "KPIBENCH_CACHE_DIR"


def cache_folder() -> Path:
    """Tell where data that may be thrown away is kept.

    An ordinary user has a folder of their own. Root's is the machine's (`/var/cache/kpibench`), because the
    unprivileged user who runs PostgreSQL there cannot enter root's home. KPIBENCH_CACHE_DIR overrides both.
    """
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return platformdirs.site_cache_path("kpibench")
    return platformdirs.user_cache_path("kpibench")


def make_folder(folder: Path) -> None:
    """Make a folder with its parents; those that are new can be entered by everybody.

    Folders that are there already keep their permissions.

    Raises:
        UsageError: The folder cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            hint=f"Choose another cache folder with {CACHE_DIR_VARIABLE}.",
        ) from None


def require_free_disk(path: Path, needed_bytes: int) -> None:
    """Refuse to start what the disk has no room for.

    Args:
        path: A folder on that disk; it need not exist yet.
        needed_bytes: Free bytes that must be there.

    Raises:
        UsageError: There are fewer.
    """
    folder = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise UsageError(
            f"The disk of {path} has {free_bytes >> 20:,} MiB free; {needed_bytes >> 20:,} MiB are needed.",
            hint=f"Free some space, or choose another disk with {CACHE_DIR_VARIABLE}.",
        )


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Be the only measurement that uses this cache folder; two at once would disturb each other.

    The kernel gives the lock back when its holder dies, however it dies.

    Raises:
        UsageError: Another process holds it.
    """
    make_folder(folder)
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(
            f"The cache folder {folder} cannot be written: {error.strerror}.",
            hint=f"Choose another one with {CACHE_DIR_VARIABLE}.",
        ) from None
    try:
        _lock(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        raise UsageError(
            f"Another kpibench (process {holder}) is measuring here; two at once disturb each other.",
            hint=f"Wait until it has ended, or end it: kill {holder}",
        ) from None
