"""The users of all targets in one process, and the slices that they send."""

import math
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from locust import User

from harness.generator.open_loop import open_loop_class
from harness.generator.recorder import Recorder
from harness.generator.request_event import watch_requests
from harness.generator.slice_run import SliceOrder, SliceRun
from harness.generator.user_pool import UserPool

_EXPECTED_RESPONSE_S = 1.0
"""Expected concurrency = rate x this (Little's law) where nothing better is known."""
_LEAST_USER_LIMIT = 200
_RESERVE_S = 0.25
"""Users kept free: the arrivals of a quarter of a second, and ten."""
_SET_UP_TIMEOUT_S = 60.0


class LoadSender:
    """Puts users of a scenario's classes onto each target, and runs slices with them."""

    def __init__(
        self,
        environment: Any,
        targets: Mapping[str, str],
        *,
        scenario_classes: list[type[User]],
        abort: Callable[[str], None],
    ) -> None:
        self._abort = abort
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
        watch_requests(environment, with_statistics=False)

    def prepare(self, target: str, order: SliceOrder, recorder: Recorder) -> SliceRun:
        """Have enough users ready for a slice; return it, ready to be run.

        Raises:
            SetUpError: a user's on_start failed or did not end in time.
        """
        pool = self._pools[target]
        run = pool.slice = SliceRun(
            order,
            recorder=recorder,
            pool=pool,
            class_weights=self._weights,
            base_path=self._base_paths[target],
            abort=self._abort,
        )
        reserve, limit = _pool_size(order, class_count=len(self._weights))
        pool.prepare(reserve=reserve, limit=limit, timeout_s=_SET_UP_TIMEOUT_S)
        return run


def _pool_size(order: SliceOrder, *, class_count: int) -> tuple[int, int]:
    """Return how many users of each class are kept free, and how many there may be in all."""
    if order.turns is not None:
        return 1, class_count
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
