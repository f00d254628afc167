"""LocustDriver: one Locust process that drives all targets of a round."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.drive.driver import ProgressListener, ignore_progress
from harness.drive.generator_process import generator_command, generator_environment
from harness.errors import MeasurementError, UsageError
from harness.model.plan import Arrival, ClosedLoop, Workers
from harness.model.slice_summary import GeneratorReport
from harness.store.slice_summary import load_generator_report

_START_TIMEOUT_S = 60.0
_SET_UP_TIMEOUT_S = 60.0
"""The generator's own limit for the users' on_start; it says so itself before this driver gives up."""
_SILENCE_TIMEOUT_S = 20.0
"""A healthy generator reports each second."""
_WORKERS_TIMEOUT_S = 600.0
"""For workers that a person starts on other hosts."""
_STOP_TIMEOUT_S = 5.0
_LOG_LINES = 12


def say_nothing(text: str) -> None:
    """Listen to no sentence."""


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
        workers: Workers | None = None,
        workers_timeout_s: float = _WORKERS_TIMEOUT_S,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = say_nothing,
    ) -> None:
        """Start the generator and wait until it can spawn users.

        Args:
            locustfile: any Locust file.
            targets: base URL of each variant.
            log_path: what Locust writes goes here.
            cpus: the cores that the generator may use; None for all.
            workers: processes that share the load; None for a single one that sends it all.
            workers_timeout_s: how long workers on other hosts are waited for.
            environment: more of it, for the scenario.
            say: is told which workers are missing, and which were lost.

        Raises:
            UsageError: the Locust file is missing, Locust cannot run it, or the workers did not come.
        """
        if not locustfile.is_file():
            raise UsageError(f"There is no scenario {locustfile}.", hint="Check the path.")
        if workers:
            _require_free(workers)
        self._locustfile = locustfile
        self._log_path = log_path
        self._workers = workers
        self._workers_timeout_s = workers_timeout_s
        self._environment = dict(environment or {})
        self._say = say
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
        event = self._await_end("slice_done", duration_s + drain_s, on_progress)
        return load_generator_report(event)

    def take_turns(
        self,
        arrivals: Sequence[Arrival],
        orders: Sequence[Sequence[str]],
        *,
        samples: Mapping[str, Path],
        limit_s: float,
        drain_s: float,
        on_progress: ProgressListener = ignore_progress,
    ) -> dict[str, GeneratorReport]:
        """Send each arrival to every target in turn; see LoadDriver.

        Raises:
            MeasurementError: the generator died, fell silent, or could not set its users up.
        """
        if not self._is_usable:
            raise MeasurementError("The load generator has stopped; it cannot send another slice.")
        self._send(
            command="turns",
            seeds=[arrival.seed for arrival in arrivals],
            orders=[list(order) for order in orders],
            samples={target: str(path.resolve()) for target, path in samples.items()},
            limit_s=limit_s,
            drain_s=drain_s,
        )
        event = self._await_end("turns_done", limit_s + (len(samples) + 1) * drain_s, on_progress)
        return {target: load_generator_report(report) for target, report in event["reports"].items()}

    def _await_end(self, end: str, seconds: float, on_progress: ProgressListener) -> dict[str, Any]:
        """Pass progress on until the event `end`, and return that without its name."""
        deadline_s = time.monotonic() + _SET_UP_TIMEOUT_S + seconds + _SILENCE_TIMEOUT_S
        while (event := self._receive(self._time_left(deadline_s)))["event"] in {"progress", "worker_lost"}:
            if event["event"] == "progress":
                on_progress(event["sent"], event["done"])
            else:
                self._say(f"Worker {event['worker']} {event['reason']}; the others take over.")
        if event.pop("event") != end:
            self._is_usable = False
            raise MeasurementError(
                f"The load generator cannot go on: {event['message']}", hint=f"Its log is {self._log_path}."
            )
        return event

    def close(self, *, is_last: bool = True) -> None:
        """Ask the generator to quit, and end it by force where it does not.

        Args:
            is_last: False has workers on other hosts connect again, to the generator of the next round.
        """
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                self._socket.settimeout(_STOP_TIMEOUT_S)
                self._socket.sendall(json.dumps({"command": "quit", "is_last": is_last}).encode() + b"\n")
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
        options = ["--headless", "--users", "0", "--only-summary", "--exit-code-on-error", "0"]
        environment = generator_environment(
            KPIBENCH_CONTROL_FD=str(theirs.fileno()),
            KPIBENCH_TARGETS=json.dumps(dict(targets)),
            **self._environment,
        )
        if self._workers:
            options += _master_options(self._workers)
            environment["KPIBENCH_WORKERS"] = json.dumps(
                {
                    "count": self._workers.count,
                    "are_local": self._workers.are_local,
                    "timeout_s": _START_TIMEOUT_S if self._workers.are_local else self._workers_timeout_s,
                }
            )
        command = generator_command(self._locustfile, *options)
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
        missing = -1
        try:
            while (event := self._receive(_START_TIMEOUT_S))["event"] == "waiting":
                if event["expected"] - event["joined"] != missing:
                    missing = event["expected"] - event["joined"]
                    self._tell_missing(event["joined"], event["expected"])
        except MeasurementError as error:
            raise UsageError(
                f"Locust cannot run {self._locustfile}:\n{self._log_tail()}",
                hint=f"Try `locust -f {self._locustfile}`; the whole log is {self._log_path}.",
            ) from error
        if event["event"] != "ready":
            what = "The workers are not ready" if self._workers else f"Locust cannot run {self._locustfile}"
            raise UsageError(
                f"{what}: {event['message']}",
                hint=f"The whole log is {self._log_path}.",
            )

    def _tell_missing(self, joined: int, expected: int) -> None:
        if self._workers and not self._workers.are_local:
            self._say(f"{joined} of {expected} workers are there.")

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


def _require_free(workers: Workers) -> None:
    """Raise a UsageError if the address at which workers are awaited cannot be had."""
    if workers.are_local:
        return
    try:
        socket.create_server(workers.address).close()
    except OSError as error:
        raise UsageError(
            f"Cannot listen at {workers.listen}: {os.strerror(error.errno or 0)}.",
            hint="Give another address with --listen HOST:PORT.",
        ) from error


def _master_options(workers: Workers) -> list[str]:
    host, port = workers.address if not workers.are_local else ("127.0.0.1", 0)
    return [
        "--master",
        "--expect-workers",
        str(workers.count),
        "--master-bind-host",
        host,
        "--master-bind-port",
        str(port),
    ]
