"""The Locust file that makes any other one open-loop: `locust -f scenario.py,harness/generator/plugin.py`.

The harness starts it and drives it through a socket (docs/formats.md). Without that socket it adds options to
Locust: `--arrival-rate 50` starts 50 tasks a second, `--samples FILE` keeps a row for each request. Without
these Locust runs the scenario as ever.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from locust import User, events

import harness.generator.arrival_rate  # noqa: F401  - takes Locust over where there is no harness
from harness.generator.command_line import add_options
from harness.generator.control import Control
from harness.generator.crew import Crew, CrewOrder
from harness.generator.load_sender import LoadSender
from harness.generator.open_loop import install_hooks
from harness.generator.scenario_identity import scenario_fingerprint
from harness.generator.session import Session, SingleSender, SliceSender
from harness.generator.worker import Worker

CONTROL_FD = "KPIBENCH_CONTROL_FD"
TARGETS = "KPIBENCH_TARGETS"
WORKERS = "KPIBENCH_WORKERS"
"""For a master: the fields of CrewOrder."""
WORKER = "KPIBENCH_WORKER"
"""For a worker: its number; empty where its master gives it one."""


class NoScenario(User):
    """Stands in where the other file has no User class; without any, Locust would collect pytest tests."""

    weight = 1
    is_stand_in = True


def take_over(environment: Any, **_: Any) -> None:
    """Put Locust under the harness where there is one."""
    if WORKER in os.environ:
        _become_worker(environment)
        return
    if CONTROL_FD not in os.environ:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = Control(int(os.environ[CONTROL_FD]))
    scenario_classes = _scenario_classes(environment)
    if not scenario_classes:
        control.send("error", message="No User class found in it.")
        sys.exit(1)
    sender = _sender(environment, control, scenario_classes)
    Session(environment, control, sender, class_names=[found.__name__ for found in scenario_classes])


def _sender(environment: Any, control: Control, scenario_classes: list[type[User]]) -> SliceSender:
    targets = json.loads(os.environ[TARGETS])
    if WORKERS in os.environ:
        order = CrewOrder(**json.loads(os.environ[WORKERS]))
        return Crew(environment, control, targets, order=order, fingerprint=_fingerprint(environment))
    install_hooks()
    load = LoadSender(environment, targets, scenario_classes=scenario_classes, abort=control.abort)
    return SingleSender(load)


def _become_worker(environment: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    install_hooks()
    Worker(
        environment,
        scenario_classes=_scenario_classes(environment),
        number=os.environ[WORKER],
        fingerprint=_fingerprint(environment),
    )


def _scenario_classes(environment: Any) -> list[type[User]]:
    return [found for found in environment.user_classes if found is not NoScenario]


def _fingerprint(environment: Any) -> str:
    return scenario_fingerprint(Path(environment.parsed_locustfiles[0]))


events.init_command_line_parser.add_listener(add_options)  # type: ignore[no-untyped-call]
events.init.add_listener(take_over)  # type: ignore[no-untyped-call]
