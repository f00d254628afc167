"""`python -m harness.generator`: Locust's own command line in a process that dies with the harness."""

import ctypes
import os
import signal
import sys

from harness.generator.late_seeding import share_late_seeded

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the Linux kernel to kill this process when the thread that started it ends.

    Where that was too early to be noticed, the end of the control socket is not; a worker has none, and looks
    at its parent's process id.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.get("KPIBENCH_PARENT_PID", str(os.getppid())) != str(os.getppid()):
        sys.exit("The process that started this one is gone.")


if __name__ == "__main__":
    die_with_parent()
    share_late_seeded()
    from locust.main import main  # gevent patches the process on import

    main()  # type: ignore[no-untyped-call]
