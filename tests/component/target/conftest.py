"""What the tests of servers need: cache folders of their own, and processes that own a server."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.target.child import wait_for

OWNER = """
import sys, threading
from pathlib import Path
from harness.target.postgres import open_postgres

with open_postgres(database_url=None, cache_dir=Path(sys.argv[1]), say=lambda line: None) as postgres:
    print(postgres.postmaster_pid, flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def cache(open_folder: Path) -> Iterator[Path]:
    """A cache folder of its own, whose copied programs are those of the whole session."""
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o755)
    programs = open_folder / "shared-cache" / "programs"
    if programs.is_dir():
        (folder / "programs").symlink_to(programs)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_owner() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that owns an embedded server and prints the server's process id."""
    owners = []

    def start(folder: Path) -> subprocess.Popen[str]:
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        owners.append(owner)
        return owner

    yield start
    for owner in owners:
        if owner.poll() is None:
            owner.send_signal(signal.SIGTERM)
        owner.communicate(timeout=30)


@pytest.fixture(scope="session")
def has_ended() -> Callable[[int], bool]:
    """Wait for a process that is not our child; a zombie that nobody fetches has ended too."""

    def is_gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return lambda pid: wait_for(lambda: is_gone(pid), timeout_s=30)
