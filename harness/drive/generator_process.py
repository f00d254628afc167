"""How a generator process is started: Locust's own command line, and what gevent should wait with."""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PLUGIN = _ROOT / "harness" / "generator" / "plugin.py"


def generator_command(locustfile: Path, *options: str) -> list[str]:
    """Return the command of Locust with a scenario and the plugin."""
    return [sys.executable, "-m", "harness.generator", "-f", f"{locustfile.resolve()},{_PLUGIN}", *options]


def generator_environment(**more: str) -> dict[str, str]:
    """Return the environment of such a process."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
        # epoll waits in whole milliseconds; select wakes up to the microsecond (docs/adr/0005)
        "GEVENT_LOOP": "libev-cext",
        "GEVENT_BACKEND": "select",
        **more,
    }
