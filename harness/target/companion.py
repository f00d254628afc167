"""The programs that a variant's server needs beside it: started before it, stopped after it."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import MeasurementError
from harness.model.variant import Companion
from harness.target.child import free_port, signal_group, start_child, stop_group, wait_for
from harness.target.command import cannot_start, fill, last_lines

START_TIMEOUT_S = 30.0
STOP_GRACE_S = 2.0
_LOOK_TIMEOUT_S = 1.0


class RunningCompanion:
    """A companion that we started, on a port of 127.0.0.1 that stays the same."""

    def __init__(self, companion: Companion, *, variant_id: str, log_path: Path) -> None:
        """Start it and wait until it is ready.

        Call it from a thread that lives as long as the companion may, as `start_child` says.

        Raises:
            UsageError: its command cannot be started at all.
            MeasurementError: it does not become ready.
        """
        self.name = companion.name
        self.port = free_port()
        self._companion = companion
        self._log_path = log_path
        values = {"python": sys.executable, "variant": variant_id, "port": self.port}
        self._command = fill(companion.command, values)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it on its port and wait until it is ready; one that lives is left alone.

        Raises:
            UsageError, MeasurementError: as its making does.
        """
        if self._process is not None and self._process.poll() is None:
            return
        with self._log_path.open("ab") as log:
            try:
                self._process = start_child(self._command, death_signal=signal.SIGKILL, output=log)
            except (OSError, subprocess.SubprocessError) as error:
                raise cannot_start(self._command, error) from None
        process = self._process
        try:
            wait_for(lambda: process.poll() is not None or self._is_ready(), timeout_s=START_TIMEOUT_S)
            self._require_ready(process)
        except BaseException:
            self.stop()
            raise

    def _require_ready(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None and self._is_ready():
            return
        told = last_lines(self._log_path.read_text(errors="replace"))
        raise MeasurementError(
            f"The companion {self.name!r} did not become ready. The last lines that it wrote:\n{told}",
            hint="Check its command and ready_path in the experiment file.",
        )

    def kill(self) -> None:
        """End it by SIGKILL, as a crash would; `start` may follow."""
        if self._process is not None:
            signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and end it by force 2 seconds later; a second time does nothing."""
        if self._process is not None:
            stop_group(self._process, grace_s=STOP_GRACE_S)
            self._process = None

    def _is_ready(self) -> bool:
        if not self._companion.ready_path:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=_LOOK_TIMEOUT_S).close()
            except OSError:
                return False
            return True
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_LOOK_TIMEOUT_S)
        try:
            connection.request("GET", self._companion.ready_path)
            return 200 <= connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def run_companions(
    companions: Sequence[Companion], *, variant_id: str, log_folder: Path
) -> Iterator[Mapping[str, RunningCompanion]]:
    """Have a variant's companions running for the time of a `with` block, by name.

    Raises:
        UsageError, MeasurementError: one cannot be started, or does not become ready.
    """
    with ExitStack() as stack:
        running = {}
        for companion in companions:
            log_path = log_folder / f"{companion.name}.log"
            one = RunningCompanion(companion, variant_id=variant_id, log_path=log_path)
            stack.callback(one.stop)
            running[companion.name] = one
        yield running
