"""Every error that a person may see: what happened, what to do next, and the exit code.

KpibenchError
├── UsageError          2    a flag, a file, a URL or the machine is not as it must be
├── NoDataError         3    there is nothing to judge
├── MeasurementError    4    the measurement itself went wrong (a target or the generator died)
└── Interrupted       130    Ctrl-C

A bug is none of these: it keeps its traceback and ends with exit code 1.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `kpibench` returns to the shell; part of the public contract."""

    PASSED = 0
    CRASH = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INVALID = 4
    KPI_MISSED = 99
    INTERRUPTED = 130


class KpibenchError(Exception):
    """An expected failure: one sentence, the next step, an exit code."""

    exit_code = ExitCode.CRASH

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the sentence and, where there is one, the next step on a line of its own."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(KpibenchError):
    """A flag, a file, a URL or the machine is not as it must be."""

    exit_code = ExitCode.USAGE


class NoDataError(KpibenchError):
    """There is nothing to judge."""

    exit_code = ExitCode.INCONCLUSIVE


class MeasurementError(KpibenchError):
    """The measurement itself went wrong: a target, the database or the generator failed."""

    exit_code = ExitCode.INVALID


class Interrupted(KpibenchError):  # noqa: N818  - it is no error, it is the user's wish
    """The user pressed Ctrl-C; what was measured so far is kept."""

    exit_code = ExitCode.INTERRUPTED
