"""The Locust file that makes any other one open-loop: `locust -f scenario.py,harness/generator/plugin.py`.

The harness starts it and drives it through a socket (docs/formats.md). Without that socket it changes
nothing, and Locust runs the scenario as ever.
"""

import json
import logging
import os
import signal
from typing import Any

from locust import events

from harness.generator.control import Control
from harness.generator.open_loop import install_hooks
from harness.generator.session import Session

CONTROL_FD = "KPIBENCH_CONTROL_FD"
TARGETS = "KPIBENCH_TARGETS"


def take_over(environment: Any, **_: Any) -> None:
    """Put Locust under the harness where there is one."""
    if CONTROL_FD not in os.environ:
        logging.getLogger(__name__).warning("No harness: %s is not set, the plugin does nothing.", CONTROL_FD)
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    install_hooks()
    Session(environment, Control(int(os.environ[CONTROL_FD])), json.loads(os.environ[TARGETS]))


events.init.add_listener(take_over)  # type: ignore[no-untyped-call]
