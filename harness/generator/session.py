"""One Locust process under the harness: the commands that it obeys."""

import errno
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import gevent
import locust

from harness.generator.control import Control
from harness.generator.load_sender import LoadSender
from harness.generator.open_loop import SetUpError
from harness.generator.recorder import Recorder, rehearse
from harness.generator.slice_run import SliceOrder, SliceRun
from harness.model.plan import ClosedLoop
from harness.model.slice_summary import GeneratorReport
from harness.store.sample_schema import SampleStream

logger = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 1.0
_QUIT_TIMEOUT_S = 3.0
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class SliceError(Exception):
    """A slice cannot be carried out, and no other one either."""


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
            running = gevent.spawn(self._run_slice, command)
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
        reporter = gevent.spawn(self._report_regularly)
        try:
            report = self._sender.run_slice(order, target=command["target"], samples=Path(command["samples"]))
        except (SetUpError, SliceError) as error:
            self._control.abort(str(error))
            return
        except OSError as error:
            if error.errno not in _DISK_ERRORS:
                raise
            self._control.abort(f"The samples cannot be written: {os.strerror(error.errno)}.")
            return
        finally:
            reporter.kill()
        self._control.send("slice_done", **asdict(report))

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
