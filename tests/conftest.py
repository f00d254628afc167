"""Fixtures that many tests share: a real PostgreSQL 18 and, where the machine has it, a 15, started once."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.target.child import free_port, wait_for
from harness.target.postgres import Postgres, open_postgres

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


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


def _is_ready(status_file: Path) -> bool:
    return status_file.exists() and status_file.read_text().rstrip().endswith("ready")
