"""One Locust process under the harness: the commands that it obeys."""

import errno
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import gevent
import locust

from harness.generator.control import Control
from harness.generator.load_sender import LoadSender
from harness.generator.open_loop import SetUpError
from harness.generator.recorder import Recorder, rehearse
from harness.generator.slice_run import SliceOrder, SliceRun
from harness.generator.turns import Turns
from harness.model.plan import ClosedLoop
from harness.model.slice_summary import GeneratorReport
from harness.store.sample_schema import SampleStream

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_PROGRESS_EVERY_S = 1.0
_QUIT_TIMEOUT_S = 3.0
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class SliceError(Exception):
    """A slice cannot be carried out, and no other one either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsOrder:
    """What the harness asks for in the precision part of a round."""

    seeds: Sequence[int]
    """Of the arrivals."""
    orders: Sequence[Sequence[str]]
    """Of each arrival, the targets in the order in which they get it."""
    samples: Mapping[str, Path]
    """By target."""
    limit_s: float
    """No new arrival begins so long after the first."""
    drain_s: float
    """For one arrival, and at the end."""


class SliceSender(Protocol):
    """Sends slices: with the users of this process, or with workers."""

    def get_ready(self) -> None:
        """Block until slices can be sent.

        Raises:
            SliceError: that will never be.
        """

    def run_slice(self, order: SliceOrder, *, target: str, samples: Path) -> GeneratorReport:
        """Send one slice and write its samples.

        Raises:
            SetUpError, SliceError: it cannot be carried out.
        """
        ...

    def take_turns(self, order: TurnsOrder) -> dict[str, GeneratorReport]:
        """Send each arrival to every target in turn, one at a time; one report a target.

        Raises:
            SetUpError, SliceError: it cannot be carried out.
        """
        ...

    def counts(self) -> tuple[int, int]:
        """Return how many arrivals of the slice at hand were sent, and how many are done."""
        ...

    def leave(self, *, is_last: bool) -> None:
        """Take note that no slice follows, and whether no further generator does either."""


class SingleSender:
    """Sends slices with the users of this process."""

    def __init__(self, load: LoadSender) -> None:
        self._load = load
        self._run: SliceRun | None = None

    def get_ready(self) -> None:
        """Have the code loaded that a slice needs."""
        rehearse()

    def run_slice(self, order: SliceOrder, *, target: str, samples: Path) -> GeneratorReport:
        """Send one slice; see SliceSender."""
        self._run = None
        self._run = self._load.prepare(target, order, Recorder(SampleStream(samples)))
        return self._run.run()

    def take_turns(self, order: TurnsOrder) -> dict[str, GeneratorReport]:
        """Send each arrival to every target in turn; see SliceSender."""
        turns = Turns(order.seeds, order.orders, limit_s=order.limit_s)
        runs = {
            target: self._load.prepare(
                target,
                SliceOrder(
                    arrivals=(), duration_s=order.limit_s, drain_s=order.drain_s, turns=turns.of(target)
                ),
                Recorder(SampleStream(samples)),
            )
            for target, samples in order.samples.items()
        }
        self._run = next(iter(runs.values()))
        sending = {target: gevent.spawn(run.run) for target, run in runs.items()}
        try:
            gevent.joinall(list(sending.values()), raise_error=True)
        finally:
            turns.give_up()
        return {target: greenlet.get() for target, greenlet in sending.items()}

    def counts(self) -> tuple[int, int]:
        """Return the arrivals sent and done; see SliceSender."""
        return (self._run.sent_arrivals, self._run.done_arrivals) if self._run else (0, 0)

    def leave(self, *, is_last: bool) -> None:
        """Do nothing: the users end with the process."""


class Session:
    """Obeys the harness from the moment at which Locust can spawn users until the socket ends."""

    def __init__(
        self, environment: Any, control: Control, sender: SliceSender, *, class_names: list[str]
    ) -> None:
        self._environment = environment
        self._control = control
        self._sender = sender
        self._class_names = class_names
        environment.shape_class = None
        environment.events.spawning_complete.add_listener(self._start)

    def _start(self, **_: Any) -> None:
        self._environment.events.spawning_complete.remove_listener(self._start)
        gevent.spawn(self._obey).link_exception(
            lambda greenlet: self._control.abort(f"A bug: {greenlet.exception!r}")
        )

    def _obey(self) -> None:
        try:
            self._sender.get_ready()
        except SliceError as error:
            self._control.abort(str(error))
            return
        logger.info("gevent waits with %s", gevent.get_hub().loop.backend)
        self._control.send("ready", locust_version=locust.__version__, user_classes=self._class_names)
        running: gevent.Greenlet | None = None
        for command in self._control.commands():
            if command["command"] == "quit":
                self._quit(is_last=command.get("is_last", True))
                return
            if running is not None and not running.ready():
                self._control.abort("A slice was asked for while another ran.")
                return
            work = self._take_turns if command["command"] == "turns" else self._run_slice
            running = gevent.spawn(work, command)
            running.link_exception(lambda greenlet: self._control.abort(f"A bug: {greenlet.exception!r}"))
        logger.error("The harness is gone; the generator ends.")
        _exit_at_once(1)

    def _run_slice(self, command: Mapping[str, Any]) -> None:
        order = SliceOrder(
            arrivals=[(index, *planned) for index, planned in enumerate(command["arrivals"])],
            duration_s=command["duration_s"],
            drain_s=command["drain_s"],
            closed_loop=ClosedLoop(**command["closed_loop"]) if command.get("closed_loop") else None,
        )
        samples = Path(command["samples"])
        report = self._carry_out(
            lambda: self._sender.run_slice(order, target=command["target"], samples=samples)
        )
        if report is not None:
            self._control.send("slice_done", **asdict(report))

    def _take_turns(self, command: Mapping[str, Any]) -> None:
        order = TurnsOrder(
            seeds=command["seeds"],
            orders=command["orders"],
            samples={target: Path(path) for target, path in command["samples"].items()},
            limit_s=command["limit_s"],
            drain_s=command["drain_s"],
        )
        reports = self._carry_out(lambda: self._sender.take_turns(order))
        if reports is not None:
            self._control.send(
                "turns_done", reports={target: asdict(report) for target, report in reports.items()}
            )

    def _carry_out(self, work: Callable[[], _T]) -> _T | None:
        """Do it and report progress meanwhile; None where it cannot be done, which is told."""
        reporter = gevent.spawn(self._report_regularly)
        try:
            return work()
        except (SetUpError, SliceError) as error:
            self._control.abort(str(error))
        except OSError as error:
            if error.errno not in _DISK_ERRORS:
                raise
            self._control.abort(f"The samples cannot be written: {os.strerror(error.errno)}.")
        finally:
            reporter.kill()
        return None

    def _report_regularly(self) -> None:
        while True:
            gevent.sleep(_PROGRESS_EVERY_S)
            sent, done = self._sender.counts()
            self._control.send("progress", sent=sent, done=done)

    def _quit(self, *, is_last: bool) -> None:
        gevent.spawn_later(_QUIT_TIMEOUT_S, _exit_at_once, 0)
        self._environment.process_exit_code = 0
        self._sender.leave(is_last=is_last)
        self._environment.runner.quit()


def _exit_at_once(code: int) -> None:
    os._exit(code)
