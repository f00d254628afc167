"""A server under test: one that we start from a command, or one that already runs at a URL."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from harness.errors import MeasurementError, UsageError
from harness.model.variant import Variant
from harness.target.child import free_port, pin, signal_group, start_child, stop_group
from harness.target.command import cannot_start, fill, last_lines
from harness.target.companion import RunningCompanion
from harness.target.connection import mask_in

STOP_GRACE_S = 5.0
POLL_INTERVAL_S = 0.05
REQUEST_TIMEOUT_S = 2.0
ATTACH_TIMEOUT_S = 10.0
PORT_TRIES = 3


class RunningServer(Protocol):
    """A server that answers."""

    @property
    def base_url(self) -> str:
        """Scheme, host and port, and a path if the server has one; no slash at the end."""

    @property
    def companions(self) -> Mapping[str, RunningCompanion]:
        """What runs beside it, by name."""

    @property
    def pid(self) -> int | None:
        """Its process; None if it is not ours."""

    def alive(self) -> bool:
        """Tell whether it still runs."""

    def stop(self) -> None:
        """End it, if it is ours; a second time does nothing."""


class StartedServer:
    """A server that we started; it leads a process group of its own."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        base_url: str,
        *,
        companions: Mapping[str, RunningCompanion] | None = None,
        start: Callable[[], subprocess.Popen[bytes]] | None = None,
        wait: Callable[["StartedServer"], None] = lambda _server: None,
    ) -> None:
        """Take charge of a process.

        Args:
            process: that serves.
            base_url: where.
            companions: what runs beside it, by name.
            start: starts its like, on the same port; None: it cannot be started again.
            wait: returns when the server is ready, or raises.
        """
        self._process = process
        self.companions = companions or {}
        self._start = start
        self._wait = wait
        self._is_stopped = False
        self.base_url = base_url

    @property
    def pid(self) -> int | None:
        """Its process id, also after its end."""
        return self._process.pid

    def alive(self) -> bool:
        """Tell whether its process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the whole group by SIGKILL, as a crash would; `start_again` may follow."""
        signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def start_again(self) -> None:
        """Start it once more on the same port and wait until it is ready; one that lives is left alone.

        Raises:
            UsageError, MeasurementError: as `start_server` does.
        """
        if self._start is None or self.alive():
            return
        self._process = self._start()
        self._wait(self)

    def stop(self) -> None:
        """Ask the whole group to end, and end it by force 5 seconds later; a second time does nothing."""
        if not self._is_stopped:
            stop_group(self._process, grace_s=STOP_GRACE_S)
            self._is_stopped = True


class AttachedServer:
    """A server that somebody else runs."""

    pid: int | None = None
    companions: Mapping[str, RunningCompanion] = MappingProxyType({})

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def alive(self) -> bool:
        """Tell whether it answers at all, with any status."""
        try:
            _status(urlsplit(self.base_url), "/", timeout_s=REQUEST_TIMEOUT_S)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def stop(self) -> None:
        """Leave it alone: it is not ours."""


def start_server(
    variant: Variant,
    *,
    database_url: str,
    log_path: Path,
    cpus: frozenset[int] | None,
    timeout_s: float = 30,
    companions: Mapping[str, RunningCompanion] | None = None,
    environment: Mapping[str, str] | None = None,
) -> StartedServer:
    """Start a variant on a free port of 127.0.0.1 and wait until it answers.

    Call it from a thread that lives as long as the server may: on Linux the kernel ends the server with it.

    Args:
        variant: Has a command.
        database_url: `{database_url}` of the command, empty for a variant without a database.
        log_path: Gets all that the server writes.
        cpus: The CPUs it may use, where the system can pin; None is all.
        timeout_s: Seconds that it may take until `ready_path` answers 2xx or 3xx.
        companions: What runs beside it, by name; `{NAME_port}` of the command is the port of each.
        environment: What it gets beside our own.

    Raises:
        UsageError: The command cannot be started at all.
        MeasurementError: The server ends at once or does not become ready.
    """
    for _ in range(PORT_TRIES - 1):
        try:
            return _start_once(
                variant, database_url, log_path, cpus, timeout_s, companions or {}, environment or {}
            )
        except _PortTakenError:
            continue  # another program was quicker
    return _start_once(variant, database_url, log_path, cpus, timeout_s, companions or {}, environment or {})


def attach(variant: Variant) -> AttachedServer:
    """Check that the server at the variant's URL answers, with any status.

    Raises:
        UsageError: The URL is none, or nothing speaks HTTP there.
    """
    parts = _http_url(variant)
    try:
        _status(parts, variant.ready_path, timeout_s=ATTACH_TIMEOUT_S)
    except (OSError, http.client.HTTPException) as error:
        raise UsageError(
            f"The server of {variant.id!r} at {variant.url} {_why(error)}.",
            hint="Check the URL and that the server runs: curl -i with the same URL must answer.",
        ) from None
    return AttachedServer(variant.url.rstrip("/"))


class _PortTakenError(MeasurementError):
    """The port was free when we looked and taken when the server wanted it."""


def _start_once(
    variant: Variant,
    database_url: str,
    log_path: Path,
    cpus: frozenset[int] | None,
    timeout_s: float,
    companions: Mapping[str, RunningCompanion],
    environment: Mapping[str, str],
) -> StartedServer:
    port = free_port()
    values = {"python": sys.executable, "variant": variant.id, "port": port, "database_url": database_url}
    values |= {f"{name}_port": companion.port for name, companion in companions.items()}
    command = fill(variant.command, values)

    def start(*, mode: str = "ab") -> subprocess.Popen[bytes]:
        with log_path.open(mode) as log:
            try:
                process = start_child(
                    command,
                    death_signal=signal.SIGKILL,
                    output=log,
                    environment={**os.environ, **environment},
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise cannot_start(command, error) from None
        pin(process.pid, cpus)
        return process

    def wait(server: StartedServer) -> None:
        fault = _wait_until_ready(server, variant.ready_path, timeout_s)
        _require_no_fault(variant, fault, log_path, database_url)

    server = StartedServer(
        start(mode="wb"), f"http://127.0.0.1:{port}", companions=companions, start=start, wait=wait
    )
    try:
        wait(server)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_ready(server: StartedServer, ready_path: str, timeout_s: float) -> str:
    """Ask until the server is ready; give what is wrong, empty if nothing is."""
    parts = urlsplit(server.base_url)
    deadline_s = time.monotonic() + timeout_s
    answer = "it never answered"
    while time.monotonic() < deadline_s:
        try:
            status = _status(parts, ready_path, timeout_s=REQUEST_TIMEOUT_S)
        except (OSError, http.client.HTTPException):
            status = 0
        if not server.alive():
            return "its process ended"
        if 200 <= status < 400:
            return ""
        answer = f"{ready_path} answered {status}" if status else answer
        time.sleep(POLL_INTERVAL_S)
    return f"{answer} in {timeout_s:g} seconds"


def _require_no_fault(variant: Variant, fault: str, log_path: Path, database_url: str) -> None:
    if not fault:
        return
    output = mask_in(log_path.read_text(errors="replace"), database_url)
    kind = _PortTakenError if "address already in use" in output.lower() else MeasurementError
    raise kind(
        f"The server of {variant.id!r} did not become ready: {fault}. The last lines that it wrote:\n"
        f"{last_lines(output)}",
        hint="Check the variant's command and ready_path in the experiment file.",
    )


def _http_url(variant: Variant) -> SplitResult:
    try:
        parts = urlsplit(variant.url)
        is_good = parts.scheme in {"http", "https"} and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise UsageError(
            f"The URL of {variant.id!r} is not an HTTP URL: {variant.url!r}.",
            hint="It looks like this: http://127.0.0.1:8080",
        )
    return parts


def _status(parts: SplitResult, path: str, *, timeout_s: float) -> int:
    """Send one GET and give the status of its answer.

    Raises:
        OSError: There is no connection, or it breaks, or takes too long.
        http.client.HTTPException: What answers does not speak HTTP.
    """
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        return connection.getresponse().status
    finally:
        connection.close()


def _why(error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return f"does not speak TLS that this machine trusts ({error.reason or error})"
        case TimeoutError():
            return f"did not answer within {ATTACH_TIMEOUT_S:.0f} seconds"
        case http.client.HTTPException():
            return "does not speak HTTP"
        case _:
            return f"cannot be reached ({getattr(error, 'strerror', None) or error})"
