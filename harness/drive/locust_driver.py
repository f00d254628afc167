"""LocustDriver: one Locust process that drives all targets of a round."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.drive.driver import ProgressListener, ignore_progress
from harness.errors import MeasurementError, UsageError
from harness.model.plan import Arrival, ClosedLoop
from harness.model.slice_summary import GeneratorReport, Spread

_ROOT = Path(__file__).parents[2]
_PLUGIN = _ROOT / "harness" / "generator" / "plugin.py"
_START_TIMEOUT_S = 60.0
_SET_UP_TIMEOUT_S = 60.0
"""The generator's own limit for the users' on_start; it says so itself before this driver gives up."""
_SILENCE_TIMEOUT_S = 20.0
"""A healthy generator reports each second."""
_STOP_TIMEOUT_S = 5.0
_LOG_LINES = 12


class LocustDriver:
    """Starts Locust with a scenario, sends slices through it, and never leaves it behind.

    Start it from a thread that lives as long as the driver: on Linux the generator dies with that thread.
    """

    def __init__(
        self,
        locustfile: Path,
        targets: Mapping[str, str],
        *,
        log_path: Path,
        cpus: frozenset[int] | None = None,
    ) -> None:
        """Start the generator and wait until it can spawn users.

        Args:
            locustfile: any Locust file.
            targets: base URL of each variant.
            log_path: what Locust writes goes here.
            cpus: the cores that the generator may use; None for all.

        Raises:
            UsageError: the Locust file is missing or Locust cannot run it.
        """
        if not locustfile.is_file():
            raise UsageError(f"There is no scenario {locustfile}.", hint="Check the path.")
        self._locustfile = locustfile
        self._log_path = log_path
        self._is_usable = True
        self._socket, theirs = socket.socketpair()
        self._received = b""
        try:
            with theirs, log_path.open("ab") as log:
                self._process = self._start(theirs, log, targets)
        except BaseException:
            self._socket.close()
            raise
        try:
            if cpus is not None:
                os.sched_setaffinity(self._process.pid, cpus)
            self._await_ready()
        except BaseException:
            self._kill()
            raise

    @property
    def pid(self) -> int | None:
        """The generator's process id."""
        return self._process.pid

    def run_slice(
        self,
        target: str,
        arrivals: Sequence[Arrival],
        *,
        duration_s: float,
        samples: Path,
        drain_s: float,
        closed_loop: ClosedLoop | None = None,
        on_progress: ProgressListener = ignore_progress,
    ) -> GeneratorReport:
        """Send the arrivals to `target`; see LoadDriver.

        Raises:
            MeasurementError: the generator died, fell silent, or could not set its users up.
        """
        if not self._is_usable:
            raise MeasurementError("The load generator has stopped; it cannot send another slice.")
        self._send(
            command="slice",
            target=target,
            arrivals=[[arrival.offset_ns, arrival.seed] for arrival in arrivals],
            duration_s=duration_s,
            samples=str(samples.resolve()),
            drain_s=drain_s,
            closed_loop=asdict(closed_loop) if closed_loop else None,
        )
        deadline_s = time.monotonic() + _SET_UP_TIMEOUT_S + duration_s + drain_s + _SILENCE_TIMEOUT_S
        while (event := self._receive(self._time_left(deadline_s)))["event"] == "progress":
            on_progress(event["sent"], event["done"])
        if event.pop("event") != "slice_done":
            self._is_usable = False
            raise MeasurementError(
                f"The load generator cannot go on: {event['message']}", hint=f"Its log is {self._log_path}."
            )
        return _report(event)

    def close(self) -> None:
        """Ask the generator to quit, and end it by force where it does not."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                self._socket.settimeout(_STOP_TIMEOUT_S)
                self._socket.sendall(b'{"command": "quit"}\n')
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_TIMEOUT_S)
        self._kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(
        self, theirs: socket.socket, log: Any, targets: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "harness.generator", "-f", f"{self._locustfile.resolve()},{_PLUGIN}"]
        command += ["--headless", "--users", "0", "--only-summary", "--exit-code-on-error", "0"]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
            # epoll waits in whole milliseconds; select wakes up to the microsecond (docs/adr/0005)
            "GEVENT_LOOP": "libev-cext",
            "GEVENT_BACKEND": "select",
            "KPIBENCH_CONTROL_FD": str(theirs.fileno()),
            "KPIBENCH_TARGETS": json.dumps(dict(targets)),
        }
        return subprocess.Popen(
            command,
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _await_ready(self) -> None:
        try:
            event = self._receive(_START_TIMEOUT_S)
        except MeasurementError as error:
            raise UsageError(
                f"Locust cannot run {self._locustfile}:\n{self._log_tail()}",
                hint=f"Try `locust -f {self._locustfile}`; the whole log is {self._log_path}.",
            ) from error
        if event["event"] != "ready":
            raise UsageError(
                f"Locust cannot run {self._locustfile}: {event['message']}",
                hint=f"The whole log is {self._log_path}.",
            )

    def _send(self, **command: Any) -> None:
        self._socket.settimeout(_SILENCE_TIMEOUT_S)
        try:
            self._socket.sendall(json.dumps(command).encode() + b"\n")
        except OSError as error:
            raise self._gone() from error

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        """Return the next event.

        Raises:
            MeasurementError: there is none: the generator died or fell silent.
        """
        self._socket.settimeout(timeout_s)
        try:
            while b"\n" not in self._received:
                block = self._socket.recv(65536)
                if not block:
                    raise self._gone()
                self._received += block
        except TimeoutError as error:
            self._is_usable = False
            raise MeasurementError(
                f"The load generator said nothing for {timeout_s:.0f} s: its event loop is blocked.",
                hint=f"Look for blocking calls in {self._locustfile}; its log is {self._log_path}.",
            ) from error
        except OSError as error:
            raise self._gone() from error
        line, _, self._received = self._received.partition(b"\n")
        event: dict[str, Any] = json.loads(line)
        return event

    def _time_left(self, deadline_s: float) -> float:
        return max(0.1, min(_SILENCE_TIMEOUT_S, deadline_s - time.monotonic()))

    def _gone(self) -> MeasurementError:
        self._is_usable = False
        try:
            code = self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return MeasurementError(
                "The load generator closed its socket.", hint=f"Its log is {self._log_path}."
            )
        cause = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return MeasurementError(
            f"The load generator {cause}:\n{self._log_tail()}", hint=f"The whole log is {self._log_path}."
        )

    def _log_tail(self) -> str:
        lines = self._log_path.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])

    def _kill(self) -> None:
        """End the generator and whatever it started: they are one process group."""
        self._is_usable = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()


def _report(event: Mapping[str, Any]) -> GeneratorReport:
    return GeneratorReport(
        **{
            **event,
            "start_lag_ms": Spread(**event["start_lag_ms"]),
            "loop_lag_ms": Spread(**event["loop_lag_ms"]),
        }
    )
