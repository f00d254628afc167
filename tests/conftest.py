"""Fixtures that many tests share: a real PostgreSQL 18 and, where the machine has it, a 15, started once."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.target.child import free_port, wait_for
from harness.target.postgres import Postgres, open_postgres

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
ALONE = ("known_truth", "component/drive", "component/generator", "component/probe")
"""Folders whose tests judge the generator or the probes: one after another, all others side by side."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that want the machine for themselves."""
    here = Path(__file__).parent
    for item in items:
        if any(item.path.is_relative_to(here / folder) for folder in ALONE):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A throw-away folder that every user can enter; pytest's own are private to the user of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kpibench-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(open_folder: Path) -> Iterator[Postgres]:
    """A running embedded PostgreSQL 18 in a throw-away cache folder."""
    with open_postgres(database_url=None, cache_dir=open_folder / "shared-cache", say=print) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Admin DSN (superuser) of the running embedded PostgreSQL 18."""
    return postgres.admin_url


@pytest.fixture(scope="session")
def postgres_15_url(open_folder: Path) -> Iterator[str]:
    """A PostgreSQL 15 as its package installs it: no pg_stat_statements loaded, settings as they come."""
    if not POSTGRES_15.is_dir():
        pytest.skip(f"left out: a run on PostgreSQL 15, which is not in {POSTGRES_15}")
    folder = open_folder / "postgres-15"
    folder.mkdir(mode=0o700)
    password_file = folder / "password"
    password_file.write_text(secrets.token_hex(8))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (folder, password_file):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    port = free_port()
    data = folder / "data"
    run: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **account}
    initdb = [
        str(POSTGRES_15 / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        "--no-sync",
    ]
    subprocess.run([*initdb, f"--pwfile={password_file}"], check=True, **run)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder)]
    server = subprocess.Popen([str(POSTGRES_15 / "postgres"), "-D", str(data), *options], **run)
    try:
        assert wait_for(lambda: _is_ready(data / "postmaster.pid"), timeout_s=30)
        yield f"postgresql://postgres:{password_file.read_text()}@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


@dataclass(slots=True)
class RedisServer:
    """A Redis that a test can end and start again on the same port."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it empty and wait until it takes connections."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert wait_for(self._takes_connections, timeout_s=30)

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None

    def _takes_connections(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Start the machine's Redis; without one the tests are left out, in CI they fail."""
    if shutil.which("redis-server") is None:
        message = (
            "left out: what instances share, which needs a Redis; on Debian: apt-get install redis-server"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    server = RedisServer(free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


def _is_ready(status_file: Path) -> bool:
    return status_file.exists() and status_file.read_text().rstrip().endswith("ready")
