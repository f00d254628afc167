"""A worker: sends its part of each slice that its master gives it, and ships what it saw."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust
from gevent.event import AsyncResult
from locust import User

from harness.generator import messages
from harness.generator.load_sender import LoadSender
from harness.generator.master_watch import MasterWatch
from harness.generator.open_loop import SetUpError
from harness.generator.recorder import Recorder, rehearse
from harness.generator.scenario_identity import network_identity
from harness.generator.shipping import Shipment, ShippingStream, packed_lags
from harness.generator.slice_run import SliceOrder, SliceRun

logger = logging.getLogger(__name__)

_SHIP_EVERY_S = 0.5
_CONNECT_TIMEOUT_S = 5.0


class Worker:
    """Obeys a master from Locust's start to its end.

    A slice comes in two steps: the worker's part of it, and, when all workers have their users ready, the
    common moment at which it starts.
    """

    def __init__(
        self, environment: Any, *, scenario_classes: list[type[User]], number: str, fingerprint: str
    ) -> None:
        self._environment = environment
        self._scenario_classes = scenario_classes
        self._number = number
        self._fingerprint = fingerprint
        self._watch = MasterWatch(environment)
        self._load: LoadSender | None = None
        self._part: _Part | None = None
        self._running: gevent.Greenlet | None = None
        environment.shape_class = None
        for message, listener in (
            (messages.WELCOME, self._join),
            (messages.CLOCK, self._tell_clock),
            (messages.PREPARE, self._prepare),
            (messages.START, self._start),
            (messages.MORE, self._take_more),
            (messages.LEAVE, self._leave),
        ):
            environment.runner.register_message(message, self._guarded(listener))
        environment.events.spawning_complete.add_listener(self._introduce)

    def _guarded(self, listen: Callable[[Mapping[str, Any]], None]) -> Callable[..., None]:
        """Tell the master of an error in a listener, which Locust would only log."""

        def listener(*, msg: Any, **_: Any) -> None:
            self._watch.note_life()
            try:
                listen(msg.data)
            except Exception as error:
                logger.exception("A bug")
                self._fail(f"A bug: {error!r}")

        return listener

    def _introduce(self, **_: Any) -> None:
        self._environment.events.spawning_complete.remove_listener(self._introduce)
        rehearse()
        gevent.spawn(self._say_hello)

    def _say_hello(self) -> None:
        """Once Locust has started its own users, which are none: there will be other user classes now."""
        self._environment.runner.spawning_greenlet.join()
        self._send(
            messages.HELLO,
            number=self._number,
            host=socket.gethostname(),
            process_id=os.getpid(),
            network=network_identity(),
            fingerprint=self._fingerprint,
            locust_version=locust.__version__,
        )

    def _join(self, welcome: Mapping[str, Any]) -> None:
        if welcome["user_limit"]:
            os.environ["KPIBENCH_USER_LIMIT"] = str(welcome["user_limit"])
        self._load = LoadSender(
            self._environment,
            welcome["targets"],
            scenario_classes=self._scenario_classes,
            abort=self._fail,
        )
        gevent.spawn(self._try_targets, welcome["targets"], is_elsewhere=self._is_elsewhere(welcome))

    def _is_elsewhere(self, welcome: Mapping[str, Any]) -> bool:
        return bool(welcome["network"] != network_identity())

    def _try_targets(self, targets: Mapping[str, str], *, is_elsewhere: bool) -> None:
        for target, url in targets.items():
            address = urlsplit(url)
            host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
            if is_elsewhere and (host == "localhost" or host.startswith("127.") or host == "::1"):
                self._fail(f"{target} is {url}, which is the worker's own machine here, not the master's.")
                return
            try:
                socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
            except OSError as error:
                self._fail(f"{target} at {url} cannot be reached from here: {error}.")
                return
        self._send(messages.JOINED)

    def _tell_clock(self, question: Mapping[str, Any]) -> None:
        received_ns = self._watch.heard_ns
        self._send(
            messages.CLOCK_ANSWER,
            asked_ns=question["asked_ns"],
            received_ns=received_ns,
            answered_ns=self._watch.note_life(),
        )

    def _prepare(self, order: Mapping[str, Any]) -> None:
        if self._load is None:
            return
        if self._running is not None:
            self._running.kill(block=False)  # the master starts anew: another worker was lost
        self._part = _Part(order, send=self._send)
        self._running = gevent.spawn(self._part.run, self._load, fail=self._fail)
        self._running.link_exception(lambda greenlet: self._fail(f"A bug: {greenlet.exception!r}"))

    def _start(self, start: Mapping[str, Any]) -> None:
        if self._part is not None and self._part.slice == start["slice"]:
            self._part.start(starts_at_ns=start["starts_at_ns"], offset_ns=start["offset_ns"])

    def _take_more(self, more: Mapping[str, Any]) -> None:
        if self._part is not None and self._part.slice == more["slice"]:
            self._part.take_more([tuple(arrival) for arrival in more["arrivals"]])

    def _leave(self, farewell: Mapping[str, Any]) -> None:
        self._environment.process_exit_code = 0 if farewell["is_last"] else messages.AGAIN

    def _fail(self, message: str) -> None:
        logger.error(message)
        self._send(messages.FAILED, message=message)

    def _send(self, message: str, /, **content: Any) -> None:
        self._environment.runner.send_message(message, content)


class _Part:
    """One slice's part, from the order to the report."""

    def __init__(self, order: Mapping[str, Any], *, send: Callable[..., None]) -> None:
        self.slice: int = order["slice"]
        self._target = order["target"]
        self._order = SliceOrder(
            arrivals=[tuple(arrival) for arrival in order["arrivals"]],
            duration_s=order["duration_s"],
            drain_s=order["drain_s"],
        )
        self._send = send
        self._stream = ShippingStream()
        self._starts_at_ns: AsyncResult[int] = AsyncResult()
        self._run: SliceRun | None = None
        self._shipment_count = 0
        self._lag_count = 0
        self._last_counts = (0, 0, 0)

    def run(self, load: LoadSender, *, fail: Callable[[str], None]) -> None:
        """Have users ready, wait for the start, send, ship."""
        try:
            run = self._run = load.prepare(self._target, self._order, Recorder(self._stream))
        except SetUpError as error:
            fail(str(error))
            return
        self._send(messages.PREPARED, slice=self.slice)
        starts_at_ns = self._starts_at_ns.get()
        shipper = gevent.spawn(self._ship_regularly, run)
        try:
            report = run.run(starts_at_ns=starts_at_ns)
        finally:
            shipper.kill()
        self._ship(run)
        self._send(
            messages.SLICE_DONE,
            slice=self.slice,
            report=asdict(report),
            loop_lags_ns=packed_lags(run.loop_lags_ns),
        )

    def start(self, *, starts_at_ns: int, offset_ns: int) -> None:
        """Start at a moment of this process's clock, which is `offset_ns` ahead of the master's."""
        self._stream.offset_ns = offset_ns
        self._starts_at_ns.set(starts_at_ns)

    def take_more(self, arrivals: list[Any]) -> None:
        """Take arrivals of another worker on."""
        if self._run is not None:
            self._run.add_arrivals(arrivals)

    def _ship_regularly(self, run: SliceRun) -> None:
        while True:
            gevent.sleep(_SHIP_EVERY_S)
            self._ship(run)

    def _ship(self, run: SliceRun) -> None:
        """Send what is new: rows and counts of one moment, so that a count never runs ahead of its rows."""
        run.flush()
        batches = self._stream.take()
        counts = (run.sent_arrivals, run.done_arrivals, run.dropped_arrivals)
        if not batches and counts == self._last_counts:
            return
        self._last_counts = counts
        lags_ns = run.begun_lags_ns[self._lag_count :]
        self._lag_count += len(lags_ns)
        shipment = Shipment(
            slice=self.slice,
            number=self._shipment_count,
            batches=batches,
            begun_lags_ns=packed_lags(lags_ns),
            sent_arrivals=counts[0],
            done_arrivals=counts[1],
            dropped_arrivals=counts[2],
        )
        self._shipment_count += 1
        self._send(messages.SHIPMENT, **shipment.content())
