"""Worker processes that the master starts on its own machine."""

import os
import signal
import subprocess
import sys
from typing import Any


class LocalWorkers:
    """Locust workers as child processes: they write into the master's log, and die with it."""

    def __init__(self, count: int, *, port: int, options: Any) -> None:
        command = [sys.executable, "-m", "harness.generator", "-f", options.locustfile, "--worker"]
        command += ["--master-host", "127.0.0.1", "--master-port", str(port)]
        inherited = {name: text for name, text in os.environ.items() if name != "KPIBENCH_CONTROL_FD"}
        self._processes = [
            subprocess.Popen(
                command,
                env={**inherited, "KPIBENCH_WORKER": str(number), "KPIBENCH_PARENT_PID": str(os.getpid())},
                stdin=subprocess.DEVNULL,
            )
            for number in range(count)
        ]

    def dead(self) -> dict[int, str]:
        """Return how each worker ended that did, by its number."""
        codes = {number: process.poll() for number, process in enumerate(self._processes)}
        return {number: _cause(code) for number, code in codes.items() if code is not None}

    def end(self, number: int) -> None:
        """End a worker that is given up, by force."""
        self._processes[number].kill()


def _cause(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
