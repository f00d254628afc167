"""What breaks a backend on purpose, and mends it again: one class for each action of an experiment's faults.

`start` breaks and `undo` mends. `undo` is always called, also where `start` failed half way, and a second
time where the first failed: it must leave alone what is whole.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import IO, Protocol
from urllib.parse import urlsplit

import psutil

from harness.errors import MeasurementError
from harness.model.fault import (
    FaultAction,
    KillInstance,
    Overload,
    RestartDatabase,
    RunCommand,
    RunProgram,
    SetService,
    StopCompanion,
)
from harness.target.child import start_child, stop_group
from harness.target.command import fill, last_lines
from harness.target.companion import RunningCompanion
from harness.target.postgres import Postgres
from harness.target.server import RunningServer, StartedServer
from harness.target.undo_guard import UndoGuard

_HTTP_TIMEOUT_S = 5.0
_STOP_GRACE_S = 2.0


class Breaker(Protocol):
    """Breaks one thing and mends it."""

    def start(self) -> None:
        """Break it.

        Raises:
            MeasurementError: it could not be broken.
        """

    def undo(self) -> None:
        """Mend it, and return when it works again.

        Raises:
            MeasurementError: it could not be mended.
        """


def breaker_of(  # noqa: PLR0911  - one for each action
    action: FaultAction,
    *,
    variant_id: str,
    server: RunningServer,
    postgres: Postgres | None,
) -> Breaker:
    """Return what carries an action out on one variant.

    Raises:
        MeasurementError: this run has nothing of the kind that it breaks.
    """
    companions = server.companions
    match action:
        case SetService():
            return _ServiceBreaker(action, companions)
        case KillInstance():
            return _InstanceBreaker(action, _started(server))
        case RestartDatabase():
            return _DatabaseBreaker(postgres)
        case StopCompanion():
            return _CompanionBreaker(_companion(action.companion, companions))
        case Overload():
            return _NoBreaker()
        case RunProgram():
            return _ProgramBreaker(fill(action.command, _values(variant_id, server)))
        case RunCommand():
            return _CommandBreaker(action, _values(variant_id, server))


def _values(variant_id: str, server: RunningServer) -> dict[str, object]:
    values = {"python": sys.executable, "variant": variant_id, "base_url": server.base_url}
    return {**values, **{f"{name}_port": one.port for name, one in server.companions.items()}}


class _NoBreaker:
    """The load itself is the fault."""

    def start(self) -> None:
        """Do nothing."""

    def undo(self) -> None:
        """Do nothing."""


class _ServiceBreaker:
    """Puts a service into another mode over HTTP."""

    def __init__(self, action: SetService, companions: Mapping[str, RunningCompanion]) -> None:
        self._action = action
        self._url = action.url.rstrip("/")
        if action.companion:
            self._url = f"http://127.0.0.1:{_companion(action.companion, companions).port}"

    def start(self) -> None:
        self._put(self._action.start)

    def undo(self) -> None:
        self._put(self._action.undo)

    def _put(self, body: Mapping[str, object]) -> None:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_HTTP_TIMEOUT_S)
        place = f"PUT {self._url}{self._action.path}"
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("PUT", parts.path + self._action.path, json.dumps(body), headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise MeasurementError(f"{place} got no answer: {error}.") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise MeasurementError(f"{place} answered {status}.")


class _InstanceBreaker:
    """Kills one instance of the server; without a list of instances, the server itself."""

    def __init__(self, action: KillInstance, server: StartedServer) -> None:
        self._action = action
        self._server = server
        self._is_single = False

    def start(self) -> None:
        pids = self._instance_pids()
        self._is_single = pids is None
        if pids is None:
            self._server.kill()
            return
        own = self._own_pids()
        victim = next((pid for pid in pids if pid in own), None)
        if victim is None:
            raise MeasurementError(
                f"{self._action.status_path} names no instance that is a process of this server: {pids}."
            )
        os.kill(victim, signal.SIGKILL)

    def undo(self) -> None:
        if self._is_single:
            self._server.start_again()

    def _own_pids(self) -> set[int]:
        """Never kill what is not ours, whatever a server says."""
        try:
            children = psutil.Process(self._server.pid).children(recursive=True)
        except psutil.Error:
            return set()
        return {child.pid for child in children}

    def _instance_pids(self) -> list[int] | None:
        """Return the processes of the instances that serve; None where the server is one itself."""
        if not self._action.status_path:
            return None
        parts = urlsplit(self._server.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_HTTP_TIMEOUT_S)
        try:
            connection.request("GET", self._action.status_path)
            answer = connection.getresponse()
            if 400 <= answer.status < 500:  # no balancer is there to know the path
                return None
            instances = json.loads(answer.read())["instances"]
            return [one["pid"] for one in instances if isinstance(one.get("pid"), int)]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise MeasurementError(f"{self._action.status_path} does not list instances: {error}.") from error
        finally:
            connection.close()


class _DatabaseBreaker:
    """Stops the embedded PostgreSQL, and starts it again."""

    def __init__(self, postgres: Postgres | None) -> None:
        if postgres is None or postgres.cluster is None:
            raise MeasurementError(
                "Only the embedded PostgreSQL can be restarted, and this run does not use it.",
                hint="Leave --database-url out, or restart your server by a fault with a command.",
            )
        self._cluster = postgres.cluster

    def start(self) -> None:
        self._cluster.stop_at_once()

    def undo(self) -> None:
        self._cluster.start_again()


class _CompanionBreaker:
    """Kills a companion, and starts it again."""

    def __init__(self, companion: RunningCompanion) -> None:
        self._companion = companion

    def start(self) -> None:
        self._companion.kill()

    def undo(self) -> None:
        self._companion.start()


class _CommandBreaker:
    """Runs the user's own commands; the undo runs too if this process is killed."""

    def __init__(self, action: RunCommand, values: Mapping[str, object]) -> None:
        self._start = fill(action.start, values)
        self._undo = fill(action.undo, values)
        self._timeout_s = action.timeout_s
        self._guard: UndoGuard | None = None

    def start(self) -> None:
        self._guard = UndoGuard(self._undo)
        self._run(self._start)

    def undo(self) -> None:
        self._run(self._undo)
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None

    def _run(self, command: list[str]) -> None:
        with tempfile.TemporaryFile() as output:  # no pipe: what the command leaves running may hold it open
            code = self._exit_code(command, output)
            output.seek(0)
            told = last_lines(output.read().decode(errors="replace"), count=3)
        if code != 0:
            raise MeasurementError(f"{command[0]!r} exited with {code}: {told}")

    def _exit_code(self, command: list[str], output: IO[bytes]) -> int:
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=self._timeout_s,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise MeasurementError(f"{command[0]!r} took more than {self._timeout_s:g} s.") from None
        except (OSError, subprocess.SubprocessError) as error:
            raise MeasurementError(f"{command[0]!r} cannot be started: {error}.") from error


class _ProgramBreaker:
    """Runs a program of the user's for as long as the fault lasts."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        try:
            self._process = start_child(self._command, death_signal=signal.SIGKILL, output=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError) as error:
            raise MeasurementError(f"{self._command[0]!r} cannot be started: {error}.") from error

    def undo(self) -> None:
        if self._process is None:
            return
        code = self._process.poll()
        stop_group(self._process, grace_s=_STOP_GRACE_S)
        self._process = None
        if code is not None:
            raise MeasurementError(f"{self._command[0]!r} ended before the fault did, with exit code {code}.")


def _started(server: RunningServer) -> StartedServer:
    if not isinstance(server, StartedServer):
        raise MeasurementError("Only a server that kpibench started can be killed.")
    return server


def _companion(name: str, companions: Mapping[str, RunningCompanion]) -> RunningCompanion:
    if name not in companions:
        raise MeasurementError(f"This variant has no companion {name!r}.")
    return companions[name]
