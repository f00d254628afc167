"""Child processes that never outlive the harness, each in a process group of its own."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that a child runs as."""

    name: str
    uid: int
    gid: int


def start_child(
    command: Sequence[str],
    *,
    death_signal: signal.Signals,
    output: IO[bytes] | int,
    errors: IO[bytes] | int = subprocess.STDOUT,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C at the terminal reaches only the harness.

    On Linux the kernel sends it `death_signal` when the *thread* that called this ends, by kill -9 too: call
    it from a thread that lives as long as the child may.

    Raises:
        OSError: The program cannot be started.
    """
    return subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=None if environment is None else dict(environment),
        cwd=folder,
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
        preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509  - two system calls, no lock is taken
    )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    prctl = _LIBC.prctl
    parent_pid = os.getpid()

    def ask_kernel() -> None:
        # Runs after the change of user, which would clear the request.
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent_pid:  # the parent died before the kernel knew
            os._exit(1)

    return ask_kernel


def stop_group(process: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """End a child and everything in its process group: SIGTERM, then SIGKILL after `grace_s` seconds."""
    if process.poll() is None:
        signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_s)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def signal_group(group_id: int, number: signal.Signals) -> None:
    """Send a signal to a process group; a group that has ended, or holds but zombies (macOS), needs none."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group_id, number)


def pin(pid: int, cpus: frozenset[int] | None) -> None:
    """Keep a process, and the children that it starts from now on, on these CPUs where the system can.

    None pins nothing. A system without affinity, or CPUs that this process may not use, are left alone:
    pinning makes a measurement calmer, it is no condition of a true one.
    """
    if cpus is None or not hasattr(os, "sched_setaffinity"):
        return
    try:
        os.sched_setaffinity(pid, cpus)
    except OSError:
        return


def wait_for(is_done: Callable[[], bool], *, timeout_s: float, interval_s: float = 0.02) -> bool:
    """Ask `is_done` again and again until it says yes or the time is over; tell which."""
    deadline_s = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(interval_s)
    return True


def free_port() -> int:
    """Find a port of 127.0.0.1 on which nobody listens now; another program may still be quicker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_in(folders: Sequence[Path]) -> list[psutil.Process]:
    """Find PostgreSQL processes that work in one of these data folders: a server changes into its own."""
    wanted = {str(folder.resolve()) for folder in folders}
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] in wanted
    ]
