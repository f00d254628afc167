"""`wait_time = arrival_rate(50)`: makes a Locust user open-loop, with plain Locust and nothing else.

    from locust import FastHttpUser, task
    from harness.generator.arrival_rate import arrival_rate

    class Visitor(FastHttpUser):
        wait_time = arrival_rate(50)            # or arrival_rate([(10, 60), (50, 30), (50, 120)])

        @task
        def visit(self):
            self.client.get("/")

`locust -f visitor.py`, headless or with the web page. 50 tasks start each second, whatever the server does;
`--users` are there at first, and more are started where none is free. Locust's statistics and charts show
response times from the moment when a request should have been sent.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from locust import events

from harness.errors import ExitCode
from harness.generator.standalone import OpenLoopTest, is_driven_by_harness
from harness.model.plan import Distribution, Stage
from harness.plan.stages import stages_of

logger = logging.getLogger(__name__)

ThinkTime = Callable[[Any], float]
"""What Locust's own `between(1, 3)` and `constant(2)` return."""


class ArrivalRate:
    """How fast tasks of the user classes that share it arrive; their `weight`s divide them."""

    def __init__(
        self,
        stages: tuple[Stage, ...],
        *,
        distribution: Distribution = "poisson",
        seed: int = 1,
        user_limit: int | None = None,
        think_time: ThinkTime | None = None,
    ) -> None:
        self.stages = stages
        self.distribution: Distribution = distribution
        self.seed = seed
        self.user_limit = user_limit
        self._think_time = think_time

    def __get__(self, user: Any, owner: type | None = None) -> Any:
        """Be what Locust calls as `self.wait_time()`: the pause of `self.wait()` within a task."""
        return self if user is None else lambda: self._think_s(user)

    def _think_s(self, user: Any) -> float:
        if self._think_time is None:
            raise TypeError("arrival_rate() starts tasks; for self.wait() within one give it a think_time.")
        return self._think_time(user)


def arrival_rate(
    rate: float | Sequence[tuple[float, float]],
    *,
    distribution: Distribution = "poisson",
    seed: int = 1,
    user_limit: int | None = None,
    think_time: ThinkTime | None = None,
) -> ArrivalRate:
    """Return a `wait_time` that starts tasks at a rate instead of pausing between them.

    Args:
        rate: tasks a second; or stages `(rate, seconds)`, reached in a straight line from the one before;
            0 seconds are a step, the first starts at its own rate and the last rate goes on.
        distribution: `poisson`, independent arrivals, or `uniform`, evenly spaced ones.
        seed: draws the arrivals, the user class of each and `random` at the start of its task.
        user_limit: most users there may be; an arrival beyond is dropped and counted. As a rule ten times as
            many as arrive in a second at the highest rate, at least 200.
        think_time: pause of `self.wait()` within a task, `between(1, 3)` for one.

    Raises:
        ValueError: no arrival would ever come, or a number is negative.
    """
    return ArrivalRate(
        stages_of(rate), distribution=distribution, seed=seed, user_limit=user_limit, think_time=think_time
    )


def take_over(environment: Any, **_: Any) -> None:
    """Make classes open-loop: all at the rate of the command line, or those that have a rate of their own."""
    if is_driven_by_harness():
        return
    _remove_stand_in(environment)
    given = _given_rate(environment.parsed_options)
    samples = getattr(environment.parsed_options, "samples", None)
    rates: dict[ArrivalRate, list[Any]] = {}
    for user_class in environment.user_classes:
        rate = given or user_class.wait_time
        if isinstance(rate, ArrivalRate):
            rates.setdefault(rate, []).append(user_class)
    if rates:
        OpenLoopTest(environment, rates, samples=samples)
    elif samples:
        logger.error("There is nothing to record: give --arrival-rate too.")
        sys.exit(ExitCode.USAGE)


def _given_rate(options: Any) -> ArrivalRate | None:
    """Return the rate of the plugin's command line options, if they are there and one was given."""
    stages = getattr(options, "arrival_rate", None)
    if not stages:
        return None
    return ArrivalRate(
        stages,
        distribution=options.arrival_distribution,
        seed=options.arrival_seed,
        user_limit=options.arrival_users,
    )


def _remove_stand_in(environment: Any) -> None:
    """Drop the class with which the plugin keeps Locust content where a file has none."""
    classes = environment.user_classes
    classes[:] = [found for found in classes if not getattr(found, "is_stand_in", False)]
    if not classes:
        logger.error("No User class found.")
        sys.exit(ExitCode.USAGE)


events.init.add_listener(take_over)  # type: ignore[no-untyped-call]
