"""The undo of a fault outlives us: a process that runs a command if we die before we dismiss it.

It waits for the end of its standard input. Dismissed it was told so first; killed, we were not able to.
"""

import contextlib
import subprocess
import sys
from collections.abc import Sequence

_DISMISSED = b"dismissed\n"
_CODE = """\
import subprocess, sys
if sys.stdin.buffer.readline() != b"dismissed\\n":
    subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, check=False)
"""


class UndoGuard:
    """Runs `command` once this process has ended, however it ended, unless it was dismissed."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Say that nothing is left to be undone; a second time does nothing."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(_DISMISSED)
                self._process.stdin.close()
        self._process.wait()
