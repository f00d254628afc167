"""One Locust process under the harness: the users of all targets, and the commands that it obeys."""

import logging
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust
from locust import User

from harness.generator.arrival import SentRequest
from harness.generator.control import Control
from harness.generator.open_loop import SENT_REQUEST, OpenLoopUser, SetUpError, open_loop_class
from harness.generator.recorder import Recorder, rehearse
from harness.generator.slice_run import SliceOrder, SliceRun
from harness.generator.user_pool import UserPool
from harness.model.plan import ClosedLoop
from harness.store.sample_schema import SampleStream

logger = logging.getLogger(__name__)

_EXPECTED_RESPONSE_S = 1.0
"""Expected concurrency = rate x this (Little's law) where nothing better is known."""
_LEAST_USER_LIMIT = 200
_RESERVE_S = 0.25
"""Users kept free: the arrivals of a quarter of a second, and ten."""
_SET_UP_TIMEOUT_S = 60.0
_PROGRESS_EVERY_S = 1.0
_QUIT_TIMEOUT_S = 3.0


class Session:
    """Obeys the harness from the moment at which Locust can spawn users until the socket ends."""

    def __init__(
        self,
        environment: Any,
        control: Control,
        targets: Mapping[str, str],
        *,
        scenario_classes: list[type[User]],
    ) -> None:
        self._environment = environment
        self._control = control
        self._class_names = [user_class.__name__ for user_class in scenario_classes]
        self._weights = [
            float(user_class.weight or user_class.fixed_count) for user_class in scenario_classes
        ]
        self._pools: dict[str, UserPool] = {}
        self._base_paths = {target: urlsplit(url).path.rstrip("/") for target, url in targets.items()}
        environment.user_classes[:] = []
        for target, url in targets.items():
            classes = [
                open_loop_class(user_class, target=target, url=url, index=index)
                for index, user_class in enumerate(scenario_classes)
            ]
            environment.user_classes += classes
            self._pools[target] = UserPool(environment.runner, classes)
        environment.shape_class = None
        environment.events.request.add_listener(_on_request)
        environment.events.spawning_complete.add_listener(self._start)

    def _start(self, **_: Any) -> None:
        self._environment.events.spawning_complete.remove_listener(self._start)
        gevent.spawn(self._obey).link_exception(
            lambda greenlet: self._abort(f"A bug: {greenlet.exception!r}")
        )

    def _obey(self) -> None:
        rehearse()
        logger.info("gevent waits with %s", gevent.get_hub().loop.backend)
        self._control.send("ready", locust_version=locust.__version__, user_classes=self._class_names)
        running: gevent.Greenlet | None = None
        for command in self._control.commands():
            if command["command"] == "quit":
                self._quit()
                return
            if running is not None and not running.ready():
                self._abort("A slice was asked for while another ran.")
                return
            running = gevent.spawn(self._run_slice, command)
            running.link_exception(lambda greenlet: self._abort(f"A bug: {greenlet.exception!r}"))
        logger.error("The harness is gone; the generator ends.")
        _exit_at_once(1)

    def _run_slice(self, command: Mapping[str, Any]) -> None:
        order = SliceOrder(
            arrivals=[(index, *planned) for index, planned in enumerate(command["arrivals"])],
            duration_s=command["duration_s"],
            drain_s=command["drain_s"],
            closed_loop=ClosedLoop(**command["closed_loop"]) if command.get("closed_loop") else None,
        )
        pool = self._pools[command["target"]]
        run = SliceRun(
            order,
            recorder=Recorder(SampleStream(Path(command["samples"]))),
            pool=pool,
            class_weights=self._weights,
            base_path=self._base_paths[command["target"]],
            abort=self._abort,
        )
        pool.slice = run
        reserve, limit = _pool_size(order, class_count=len(self._weights))
        reporter = gevent.spawn(self._report_regularly, run)
        try:
            pool.prepare(reserve=reserve, limit=limit, timeout_s=_SET_UP_TIMEOUT_S)
            report = run.run()
        except SetUpError as error:
            self._abort(str(error))
            return
        finally:
            reporter.kill()
        self._control.send("slice_done", **asdict(report))

    def _report_regularly(self, run: SliceRun) -> None:
        while True:
            gevent.sleep(_PROGRESS_EVERY_S)
            self._control.send("progress", sent=run.sent_arrivals, done=run.done_arrivals)

    def _abort(self, message: str) -> None:
        logger.error(message)
        self._control.send("error", message=message)

    def _quit(self) -> None:
        gevent.spawn_later(_QUIT_TIMEOUT_S, _exit_at_once, 0)
        self._environment.process_exit_code = 0
        self._environment.runner.quit()


def _on_request(
    *,
    request_type: str,
    name: str,
    response_time: float | None,
    response_length: int | None,
    response: Any = None,
    exception: Exception | None = None,
    **_: Any,
) -> None:
    request = getattr(response, SENT_REQUEST, None)
    user = _current_user()
    if request is None and user is not None:
        request = _reconstruct(user, request_type, name, response_time or 0.0)
    if request is None:
        return
    if request.arrival is not None:
        request.arrival.slice.record(
            request,
            method=request_type,
            name=name,
            response_time_ms=response_time or 0.0,
            response_bytes=response_length or 0,
            response=response,
            exception=exception,
        )
    elif exception is not None and user is not None:
        user.set_up_error = f"{request_type} {name}: {exception}"


def _reconstruct(user: OpenLoopUser, method: str, name: str, response_time_ms: float) -> SentRequest:
    """Return what a client of the scenario's own, which only fires Locust's event, must have sent."""
    request = user.send(method, name)
    if request.arrival is not None:
        request.arrival.slice.note_answer(request)
    request.sent_ns = time.monotonic_ns() - round(response_time_ms * 1e6)
    request.scheduled_ns = min(request.scheduled_ns, request.sent_ns)
    return request


def _current_user() -> OpenLoopUser | None:
    """Return the user whose greenlet runs: Locust starts it with the user as its argument."""
    arguments = getattr(gevent.getcurrent(), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], OpenLoopUser) else None


def _pool_size(order: SliceOrder, *, class_count: int) -> tuple[int, int]:
    """Return how many users of each class are kept free, and how many there may be in all."""
    if order.closed_loop:
        return order.closed_loop.users, order.closed_loop.users * class_count
    rate = len(order.arrivals) / max(order.duration_s, 1e-9)
    return user_reserve(rate), user_limit(rate)


def user_reserve(rate: float) -> int:
    """Return how many users of each class are kept free at so many arrivals a second."""
    return 10 + math.ceil(rate * _RESERVE_S)


def user_limit(rate: float) -> int:
    """Return the most users that there may be at so many arrivals a second."""
    given = os.environ.get("KPIBENCH_USER_LIMIT")
    return int(given) if given else max(_LEAST_USER_LIMIT, math.ceil(10 * rate * _EXPECTED_RESPONSE_S))


def _exit_at_once(code: int) -> None:
    os._exit(code)
