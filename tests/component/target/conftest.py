"""What the tests of servers need: processes that own one, a PostgreSQL 15, modes of folders."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.target.child import wait_for

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")

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


@pytest.fixture(scope="session")
def postgres_15_url(open_folder: Path) -> Iterator[str]:
    """A PostgreSQL 15 as its package installs it: no pg_stat_statements loaded, settings as they come."""
    if not POSTGRES_15.is_dir():
        pytest.skip(f"left out: a run on PostgreSQL 15, which is not in {POSTGRES_15}")
    folder = open_folder / "postgres-15"
    folder.mkdir(mode=0o700)
    password_file = folder / "password"
    password_file.write_text(secrets.token_hex(8))
    account: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (folder, password_file):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, socket_folder = folder / "data", folder
    run = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **account}
    initdb = [POSTGRES_15 / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--no-sync"]
    subprocess.run([*initdb, f"--pwfile={password_file}"], check=True, **run)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", socket_folder]
    server = subprocess.Popen([POSTGRES_15 / "postgres", "-D", data, *options], **run)
    try:
        assert wait_for(lambda: _is_ready(data / "postmaster.pid"), timeout_s=30)
        yield f"postgresql://postgres:{password_file.read_text()}@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def _is_ready(status_file: Path) -> bool:
    return status_file.exists() and status_file.read_text().rstrip().endswith("ready")
