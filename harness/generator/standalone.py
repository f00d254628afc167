"""Open-loop load in a plain Locust process, headless or with the web page, without the harness."""

import logging
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust.runners import LocalRunner

from harness.errors import ExitCode
from harness.gates.validity import check_load
from harness.generator.endless_schedule import EndlessSchedule
from harness.generator.load_sender import user_limit, user_reserve
from harness.generator.open_loop import OpenLoopUser, SetUpError, install_hooks
from harness.generator.recorder import Recorder, rehearse
from harness.generator.request_event import watch_requests
from harness.generator.self_check import LATE_NS
from harness.generator.slice_run import EndOfLoad, SliceOrder, SliceRun
from harness.generator.user_pool import UserPool
from harness.model.slice_summary import GeneratorReport
from harness.plan.arrivals import draw_arrivals
from harness.store.sample_schema import SampleStream

if TYPE_CHECKING:
    from harness.generator.arrival_rate import ArrivalRate

logger = logging.getLogger(__name__)

_SET_UP_TIMEOUT_S = 60.0
_LEAST_DRAIN_S = 10.0
"""How long a test that is stopped waits for its last answers; Locust's --stop-timeout where that is more."""


def is_driven_by_harness() -> bool:
    """Return whether the harness started this process: then its schedule is the only one."""
    return "KPIBENCH_CONTROL_FD" in os.environ or "KPIBENCH_TARGETS" in os.environ


class OpenLoopTest:
    """Lets a Locust process start tasks at arrival rates, test after test, and judges the generator."""

    def __init__(
        self, environment: Any, rates: "Mapping[ArrivalRate, list[Any]]", *, samples: Path | None = None
    ) -> None:
        """Take over the user classes of each rate.

        Args:
            environment: Locust's, before its users are spawned.
            rates: the user classes that share each rate.
            samples: where each request leaves a row; each further rate has a file of its own.
        """
        if not isinstance(environment.runner, LocalRunner):
            logger.error(
                "An arrival rate is not divided among Locust's workers: run one process, or kpibench run."
            )
            sys.exit(ExitCode.USAGE)
        self._environment = environment
        self._streams = [
            _Stream(environment, rate, classes, samples=_numbered(samples, number))
            for number, (rate, classes) in enumerate(rates.items())
        ]
        self._is_running = False
        install_hooks()
        watch_requests(environment, with_statistics=True)
        rehearse()
        environment.events.test_start.add_listener(self._get_ready)
        environment.events.spawning_complete.add_listener(self._start)
        environment.events.test_stopping.add_listener(self._stop)

    def _get_ready(self, **_: Any) -> None:
        for stream in self._streams:
            stream.get_ready()

    def _start(self, **_: Any) -> None:
        if not self._is_running:
            self._is_running = True
            for stream in self._streams:
                stream.start()

    def _stop(self, **_: Any) -> None:
        if self._is_running:
            self._is_running = False
            for stream in self._streams:
                stream.end()
            verdicts = [stream.tell() for stream in self._streams]
            if not all(verdicts) and self._environment.process_exit_code is None:
                self._environment.process_exit_code = int(ExitCode.INVALID)


class _Stream:
    """The arrivals of one rate, and the users that take them."""

    def __init__(
        self, environment: Any, rate: "ArrivalRate", classes: list[Any], *, samples: Path | None
    ) -> None:
        self._environment = environment
        self._rate = rate
        self._samples = samples
        self._weights = [float(found.weight or found.fixed_count) for found in classes]
        self._pool = UserPool(environment.runner, _replace(environment, classes))
        self._report: GeneratorReport | None = None

    def get_ready(self) -> None:
        """Draw the schedule anew: each test starts at its beginning."""
        rate = self._rate
        self._report = None
        self._schedule = EndlessSchedule(
            draw_arrivals(rate.stages, distribution=rate.distribution, seed=rate.seed)
        )
        order = SliceOrder(
            arrivals=(),
            endless=self._schedule,
            duration_s=math.inf,
            drain_s=max(_LEAST_DRAIN_S, self._environment.stop_timeout or 0.0),
        )
        self._run = self._pool.slice = SliceRun(
            order,
            recorder=Recorder(SampleStream(self._samples or Path(os.devnull))),
            pool=self._pool,
            class_weights=self._weights,
            base_path="",
            abort=logger.error,
        )

    def start(self) -> None:
        """Begin to send, as soon as enough users are there."""
        self._sender = gevent.spawn(self._send, self._run)

    def end(self) -> None:
        """Stop sending, and wait for the last answers."""
        # not until now: Locust holds the event loop for tens of milliseconds before it says that it stops
        self._schedule.end(self._run.last_beat_ns() - LATE_NS)
        self._sender.kill(EndOfLoad, block=False)
        self._sender.join()

    def tell(self) -> bool:
        """Log what was sent and what was wrong with it; return whether the generator can be believed."""
        if self._report is None:
            logger.error("INVALID: nothing was sent.")
            return False
        report = self._report
        logger.info(
            "Open loop: %d of %d planned arrivals sent, %d dropped, %d late by more than 5 ms"
            " (start lag p99 %.1f ms, at most %.1f ms).",
            report.sent_arrivals,
            report.planned_arrivals,
            report.dropped_arrivals,
            report.late_arrivals,
            report.start_lag_ms.p99,
            report.start_lag_ms.max,
        )
        p95_ms = self._environment.stats.total.get_response_time_percentile(0.95)
        failed = [check for check in check_load(report, p95_ms=float(p95_ms or 0)) if not check.ok]
        for check in failed:
            logger.error("INVALID (%s): %s", check.id, check.detail)
        return not failed

    def _send(self, run: SliceRun) -> None:
        highest = max(stage.rate for stage in self._rate.stages)
        limit = self._rate.user_limit or user_limit(highest)
        try:
            self._pool.prepare(reserve=user_reserve(highest), limit=limit, timeout_s=_SET_UP_TIMEOUT_S)
            self._report = run.run()
        except SetUpError as error:
            logger.error("%s", error)  # noqa: TRY400  - the sentence tells it all
            gevent.spawn(self._environment.runner.quit)
        except EndOfLoad:
            return


def _replace(environment: Any, classes: list[Any]) -> list[Any]:
    """Put open-loop classes of the same names into the places of a scenario's own."""
    made = []
    for index, user_class in enumerate(classes):
        own = type(user_class)(user_class.__name__, (OpenLoopUser, user_class), {"class_index": index})
        environment.user_classes[environment.user_classes.index(user_class)] = own
        if environment.available_user_classes:
            environment.available_user_classes[user_class.__name__] = own
        made.append(own)
    return made


def _numbered(samples: Path | None, number: int) -> Path | None:
    return samples.with_stem(f"{samples.stem}-{number + 1}") if samples and number else samples
