"""The embedded PostgreSQL: its data folder and its server process."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.errors import MeasurementError, UsageError
from harness.target.cache_folder import make_folder
from harness.target.child import Account, free_port, processes_in, start_child, stop_group, wait_for
from harness.target.command import last_lines
from harness.target.programs import Programs, find_programs

SUPERUSER = "postgres"
ADMIN_DATABASE = "postgres"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
LEFTOVER_TIMEOUT_S = 10.0
PORT_TRIES = 3
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # and no PG* variable of the user's
OTHER_SERVER = "A server of your own can be used instead: --database-url."

SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",  # what each statement costs, for queries.json
    "pg_stat_statements.max": "10000",  # N+1 code with literals must not push statements out
    "pg_stat_statements.track_utility": "off",  # BEGIN and SET are no queries of the application
    "max_connections": "200",  # a backend that opens a connection per use must not be refused
    "shared_buffers": "1GB",  # four times the largest table at scale 12: its scans stay in memory, too
    "effective_cache_size": "2GB",  # the planner knows so too, whatever memory the machine has
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
class _Home:
    """Where the parts of the embedded server are."""

    programs: Programs
    folder: Path
    """`<cache>/postgres-18`."""

    @property
    def cluster(self) -> Path:
        """What initdb made; whole if it is there."""
        return self.folder / "cluster"

    @property
    def unfinished(self) -> Path:
        return self.folder / "cluster.unfinished"

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


class Cluster:
    """A running embedded server; it can be stopped as by a crash, and started again at the same address."""

    def __init__(self, home: _Home, process: subprocess.Popen[bytes], port: int) -> None:
        self._home = home
        self._process = process
        self._port = port
        password = (home.cluster / "password").read_text().strip()
        self.admin_url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{ADMIN_DATABASE}"

    @property
    def postmaster_pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def stop_at_once(self) -> None:
        """Stop it without a farewell: PostgreSQL's immediate shutdown, after which it must recover."""
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            _stop(self._process)

    def start_again(self) -> None:
        """Start it where it was, and wait until it has recovered; one that runs is left alone.

        Call it from the thread that started it: on Linux the kernel ends the server with it.

        Raises:
            MeasurementError: it does not start.
        """
        if self._process.poll() is not None:
            self._process = _start_at(self._home, self._port)

    def stop(self) -> None:
        """Shut it down."""
        _stop(self._process)


@contextmanager
def run_cluster(cache_dir: Path, *, say: Callable[[str], None]) -> Iterator[Cluster]:
    """Start the embedded PostgreSQL, making it first if need be, and stop it at the end.

    The caller holds the lock of the cache folder.

    Raises:
        UsageError: It cannot run here; the message says what to change.
        MeasurementError: It does not start.
    """
    programs = find_programs(cache_dir, say=say)
    home = _Home(programs=programs, folder=cache_dir / f"postgres-{programs.major_version}")
    make_folder(home.folder)
    process, port = _bring_up(home, say)
    try:
        cluster = Cluster(home, process, port)
    except BaseException:
        _stop(process)
        raise
    try:
        yield cluster
    finally:
        cluster.stop()


def _bring_up(home: _Home, say: Callable[[str], None]) -> tuple[subprocess.Popen[bytes], int]:
    was_killed = _stop_leftovers(home, say)
    if home.cluster.is_dir() and (home.cluster / "boot").read_text() != boot_id():
        # Nothing is flushed to the disk on purpose, so a power cut may have lost pages without a trace.
        say("The machine was restarted since the embedded PostgreSQL was set up.")
        shutil.rmtree(home.cluster)
    if not home.cluster.is_dir():
        _initialise(home, say)
        return _start(home)
    try:
        return _start(home)
    except MeasurementError:
        if not was_killed:
            raise
    say("It cannot recover.")
    shutil.rmtree(home.cluster)
    _initialise(home, say)
    return _start(home)


def _stop_leftovers(home: _Home, say: Callable[[str], None]) -> bool:
    """End what an earlier run left, and tell whether it left anything; we hold the lock, so it is dead."""
    data_folders = (home.data, home.unfinished / "data")
    if not any((folder / "postmaster.pid").exists() for folder in data_folders):
        return False
    leftovers = processes_in(data_folders)
    if leftovers:
        pids = ", ".join(str(process.pid) for process in leftovers)
        say(f"Stopping a PostgreSQL that an earlier run left behind (process {pids}).")
    else:
        say("An earlier run was killed before it could stop PostgreSQL, which recovers now.")
    _end_processes(data_folders)
    # Its process is gone, and the number in this file may be another program's by now.
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    return True


def _end_processes(data_folders: Sequence[Path]) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        _signal_all(processes_in(data_folders), number)
        if wait_for(lambda: not processes_in(data_folders), timeout_s=LEFTOVER_TIMEOUT_S, interval_s=0.1):
            return


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def boot_id() -> str:
    """Name the time since the machine was started: it changes with every restart."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux
        return f"{psutil.boot_time():.0f}"


def _initialise(home: _Home, say: Callable[[str], None]) -> None:
    """Make the cluster under another name first, so that an initdb that was killed leaves none."""
    say("Setting up the embedded PostgreSQL (once).")
    if home.unfinished.exists():
        _end_processes((home.unfinished / "data",))  # the end of a killed initdb, which still tidies up
        shutil.rmtree(home.unfinished)
    home.unfinished.mkdir()
    home.unfinished.chmod(0o711)
    data, password = home.unfinished / "data", home.unfinished / "password"
    data.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(f"{secrets.token_urlsafe(24)}\n")
    _give(data, home.programs.account)
    _give(password, home.programs.account)
    _run_initdb(home, data, password)
    os.chown(password, os.geteuid(), os.getegid())
    (home.unfinished / "boot").write_text(boot_id())
    home.unfinished.rename(home.cluster)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _run_initdb(home: _Home, data: Path, password: Path) -> None:
    command = [
        str(home.programs.folder / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",  # sorts alike on every machine, whatever its C library
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    process = _run_program(home, command, death_signal=signal.SIGKILL)
    try:
        return_code = process.wait()
    finally:
        stop_group(process, grace_s=1)
    if return_code != 0:
        raise MeasurementError(f"PostgreSQL's initdb failed:\n{_log_end(home)}", hint=OTHER_SERVER)


def _start(home: _Home) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on a port that is free, and wait until it takes connections."""
    for _ in range(PORT_TRIES - 1):
        port = free_port()
        try:
            return _start_at(home, port), port
        except MeasurementError:
            if "Address already in use" not in _log_end(home):
                raise
    port = free_port()
    return _start_at(home, port), port


def _start_at(home: _Home, port: int) -> subprocess.Popen[bytes]:
    """Start the server on a port, and wait until it takes connections."""
    process = _run_program(home, _server_command(home, port), death_signal=signal.SIGINT)
    try:
        is_ready = _is_ready_in_time(home, process)
    except BaseException:
        _stop(process)
        raise
    if not is_ready:
        _stop(process)
        raise MeasurementError(f"The embedded PostgreSQL did not start:\n{_log_end(home)}", hint=OTHER_SERVER)
    return process


def _server_command(home: _Home, port: int) -> list[str]:
    placed = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    options = [word for name, value in (placed | SETTINGS).items() for word in ("-c", f"{name}={value}")]
    return [str(home.programs.folder / "postgres"), "-D", str(home.data), *options]


def _run_program(home: _Home, command: list[str], *, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
    """Start one of PostgreSQL's programs with a fresh log; the kernel signals it if the harness is killed."""
    account = home.programs.account
    try:
        with home.log.open("wb") as log:
            return start_child(
                command,
                death_signal=death_signal,
                output=log,
                account=account,
                environment=ENVIRONMENT,
                folder=Path("/"),  # the unprivileged user may not be able to enter the current one
            )
    except (OSError, subprocess.SubprocessError) as error:
        who = f" as {account.name!r}" if account else ""
        raise UsageError(f"{command[0]} cannot be started{who}: {error}.", hint=OTHER_SERVER) from None


def _is_ready_in_time(home: _Home, process: subprocess.Popen[bytes]) -> bool:
    def has_decided() -> bool:
        return process.poll() is not None or _status(home) == "ready"

    return wait_for(has_decided, timeout_s=START_TIMEOUT_S) and process.poll() is None


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
