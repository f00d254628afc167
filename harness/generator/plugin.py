"""The Locust file that makes any other one open-loop: `locust -f scenario.py,harness/generator/plugin.py`.

The harness starts it and drives it through a socket (docs/formats.md). Without that socket it changes
nothing, and Locust runs the scenario as ever.
"""

import json
import logging
import os
import signal
import sys
from typing import Any

from locust import User, events

from harness.generator.control import Control
from harness.generator.load_sender import LoadSender
from harness.generator.open_loop import install_hooks
from harness.generator.session import Session, SingleSender

CONTROL_FD = "KPIBENCH_CONTROL_FD"
TARGETS = "KPIBENCH_TARGETS"


class NoScenario(User):
    """Stands in where the other file has no User class; without any, Locust would collect pytest tests."""

    weight = 1


def take_over(environment: Any, **_: Any) -> None:
    """Put Locust under the harness where there is one."""
    if CONTROL_FD not in os.environ:
        logging.getLogger(__name__).warning("No harness: %s is not set, the plugin does nothing.", CONTROL_FD)
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = Control(int(os.environ[CONTROL_FD]))
    scenario_classes = [found for found in environment.user_classes if found is not NoScenario]
    if not scenario_classes:
        control.send("error", message="No User class found in it.")
        sys.exit(1)
    install_hooks()
    load = LoadSender(
        environment,
        json.loads(os.environ[TARGETS]),
        scenario_classes=scenario_classes,
        abort=control.abort,
    )
    class_names = [found.__name__ for found in scenario_classes]
    Session(environment, control, SingleSender(load), class_names=class_names)


events.init.add_listener(take_over)  # type: ignore[no-untyped-call]
