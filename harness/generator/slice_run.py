"""Run one slice: walk the planned arrivals, record what they send, wait for the last answer, report."""

import gc
import math
import time
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from typing import Any

import gevent
from gevent.event import Event

from harness.generator.arrival import RunningArrival, SentRequest
from harness.generator.dispatcher import Dispatcher
from harness.generator.endless_schedule import EndlessSchedule
from harness.generator.open_loop import sleep_until
from harness.generator.recorder import Recorder
from harness.generator.seeded_choice import seeded_share
from harness.generator.self_check import LATE_NS, CpuClock, Heartbeat, Watch, spread_ms
from harness.generator.server_timing import parse_server_timing
from harness.generator.user_pool import UserPool
from harness.model.plan import ClosedLoop
from harness.model.slice_summary import GeneratorReport

_FLUSH_EVERY_S = 0.5
_LONG_S = 3600.0
_USER_CLASS_SALT = 0x9E3779B97F4A7C15
"""Parts the choice of a user's class from the choices that the user makes from the same seed."""
_DETAIL_LIMIT = 120
"""Longest text of an error class: a scenario's message may hold a whole body."""


class EndOfLoad(BaseException):
    """Raised in the greenlet that sends a slice whose end was not known before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceOrder:
    """What the harness asks for."""

    arrivals: Sequence[tuple[int, int, int]]
    """Index in the whole schedule, offset from the slice's start in nanoseconds, seed; in order of time.

    A worker has some of them only."""
    duration_s: float
    """Infinite where someone raises EndOfLoad."""
    drain_s: float
    endless: EndlessSchedule | None = None
    closed_loop: ClosedLoop | None = None
    turns: Iterator[tuple[int, int]] | None = None
    """Index and seed of one arrival at a time, when it is this target's turn; think times are left out.

    One of the three is in place of the arrivals, which are none then."""


class SliceRun:
    """One slice on one target: its counters, its samples, its arrivals in flight."""

    def __init__(
        self,
        order: SliceOrder,
        *,
        recorder: Recorder,
        pool: UserPool,
        class_weights: Sequence[float],
        base_path: str,
        abort: Callable[[str], None],
    ) -> None:
        self.abort = abort
        self.leaves_out_thinking = order.turns is not None
        self.sent_arrivals = 0
        self.done_arrivals = 0
        self.dropped_arrivals = 0
        self.begun_lags_ns: list[int] = []
        """First send minus planned time of each arrival that is done."""
        self.loop_lags_ns: list[int] = []
        """What the heartbeat saw."""
        self._order = order
        self._pool = pool
        self._base_path = f"{base_path}/"
        self._cumulative_weights = list(accumulate(class_weights))
        self._recorder = recorder
        self._running: set[RunningArrival] = set()
        self._left_open: list[RunningArrival] = []
        """Arrivals that ended while requests of theirs were in flight: greenlets of the scenario's own."""
        self._later: list[gevent.Greenlet] = []
        self._schedule = order.arrivals if order.endless is None else order.endless
        self._heartbeat: Heartbeat | None = None
        self._added_arrivals = 0
        self._connection_errors = 0
        self._started_ns = 0
        self._takes_more = True
        self._in_flight = 0
        self._max_in_flight = 0
        self._is_idle = Event()
        self._is_over = False

    def run(self, *, starts_at_ns: int | None = None) -> GeneratorReport:
        """Send the load, wait for its answers, and return what was seen beside the samples.

        Args:
            starts_at_ns: when the slice starts, on this process's monotonic clock; None is now.
        """
        self._pool.slice = self
        _settle_garbage()
        started_ns = self._started_ns = starts_at_ns or time.monotonic_ns()
        sleep_until(started_ns)
        cpu = CpuClock()
        heartbeat = self._heartbeat = Heartbeat(Random(started_ns))
        watch = Watch(self.begun_lags_ns, heartbeat.lags_ns)
        flusher = gevent.spawn(self._flush_regularly)
        try:
            with suppress(EndOfLoad):
                self._send_load()
            self._takes_more = False
            is_drained = self._drain()
        finally:
            heartbeat.stop()
            watch.stop()
            flusher.kill()
        if flusher.exception:  # rows that could not be written are lost
            raise flusher.exception
        ended_ns = time.monotonic_ns()
        self._settle(ended_ns)
        lags_ns, self.loop_lags_ns = self.begun_lags_ns, heartbeat.lags_ns
        return GeneratorReport(
            started_ns=started_ns,
            ended_ns=ended_ns,
            planned_arrivals=max(self._planned_arrivals(), self.sent_arrivals + self.dropped_arrivals),
            sent_arrivals=self.sent_arrivals,
            dropped_arrivals=self.dropped_arrivals,
            late_arrivals=sum(lag_ns > LATE_NS for lag_ns in lags_ns),
            request_count=self._recorder.row_count,
            failed_count=self._recorder.failed_count,
            connection_errors=self._connection_errors,
            max_in_flight=self._max_in_flight,
            drained=is_drained,
            start_lag_ms=spread_ms(lags_ns),
            loop_lag_ms=spread_ms(self.loop_lags_ns),
            generator_cpu_share=cpu.share(),
        )

    def add_arrivals(self, arrivals: Sequence[tuple[int, int, int]]) -> None:
        """Take on more arrivals of the slice under way, as long as that is not over."""
        if not self._takes_more:
            return
        self._added_arrivals += len(arrivals)
        self._later.append(gevent.spawn(self._walk, arrivals))

    def last_beat_ns(self) -> int:
        """Return how long the slice had been under way when the event loop turned last; 0 before it."""
        return self._heartbeat.last_ns - self._started_ns if self._heartbeat else 0

    def flush(self) -> None:
        """Pass the rows on that are recorded so far."""
        self._recorder.flush()

    def note_send(self) -> None:
        """Note that a request is being sent."""
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)

    def note_answer(self, request: SentRequest) -> None:
        """Note that the HTTP client has the answer; the row waits for what the scenario says of it."""
        request.answered_ns = time.monotonic_ns()
        self._in_flight -= 1
        if request.arrival is not None:
            request.arrival.note_end_of_request(request.answered_ns)

    def record(self, request: SentRequest, report: Mapping[str, Any]) -> None:
        """Write the row of a request that Locust reports with the fields of its request event."""
        arrival = self._close(request)
        if arrival is None:
            return
        method, exception = report["request_type"], report.get("exception")
        finished_ns = request.sent_ns + round((report["response_time"] or 0.0) * 1e6)
        arrival.note_end_of_request(finished_ns)
        if exception is not None and request.status == 0:
            self._connection_errors += 1
        self._recorder.add(
            scheduled_ns=request.scheduled_ns,
            sent_ns=request.sent_ns,
            first_byte_ns=request.first_byte_ns,
            finished_ns=finished_ns,
            arrival=arrival.index,
            step=request.step,
            journey=request.journey,
            endpoint=f"{method} {self._without_base_path(report['name'])}",
            method=method,
            status=request.status,
            error=_error_class(exception, request.status),
            response_bytes=report["response_length"] or 0,
            server=parse_server_timing(_header(report.get("response"), "Server-Timing")),
        )

    def record_task_error(self, arrival: RunningArrival, journey: str, error: Exception) -> None:
        """Write what a task's exception left behind: its unreported request, or a row for the task."""
        reason = type(error).__name__
        unreported = list(arrival.open_requests)
        for request in unreported:
            self._record_unreported(request, reason, finished_ns=request.answered_ns or time.monotonic_ns())
        if not unreported:
            self._record_task(arrival, journey, reason)

    def record_failed_set_up(self, arrival: RunningArrival, reason: str) -> None:
        """Write a failed row for an arrival whose user could not be set up."""
        self._record_task(arrival, "on_start", reason[:_DETAIL_LIMIT])
        arrival.end()

    def note_end(self, arrival: RunningArrival) -> None:
        """Note that an arrival's user is free; what the scenario never reported becomes a failed row."""
        if self._is_over:
            return
        self._running.discard(arrival)
        self.done_arrivals += 1
        if arrival.begun_ns is not None and arrival.planned_ns is not None:
            self.begun_lags_ns.append(max(0, arrival.begun_ns - arrival.planned_ns))
        if arrival.open_requests:
            for request in list(arrival.open_requests):
                if request.answered_ns is not None:
                    self._record_unreported(request, "NotReported", finished_ns=request.answered_ns)
            self._left_open.append(arrival)
        if not self._takes_more and not self._running:
            self._is_idle.set()

    def _send_load(self) -> None:
        if self._order.turns is not None:
            self._take_turns(self._order.turns)
            return
        if self._order.closed_loop:
            self._loop_users(self._order.closed_loop)
        self._walk(self._schedule)
        self._sleep_to_end()
        gevent.joinall(self._later)

    def _sleep_to_end(self) -> None:
        while self._order.duration_s == math.inf:
            gevent.sleep(_LONG_S)
        sleep_until(self._started_ns + round(self._order.duration_s * 1e9))

    def _planned_arrivals(self) -> int:
        return len(self._schedule) + self._added_arrivals

    def _walk(self, arrivals: Iterable[tuple[int, int, int]]) -> None:
        Dispatcher(arrivals, started_ns=self._started_ns, hand_over=self._hand_over).walk()

    def _loop_users(self, load: ClosedLoop) -> None:
        """Let so many users take one arrival after the other until the slice's time is over."""
        source = Random(load.seed)
        seeds = ((index, source.getrandbits(48)) for index in count())
        loops = [gevent.spawn(self._loop_user, seeds) for _ in range(load.users)]
        self._sleep_to_end()
        gevent.killall(loops)

    def _loop_user(self, seeds: Iterator[tuple[int, int]]) -> None:
        for index, seed in seeds:
            self._added_arrivals += 1
            arrival = self._hand_over(index, None, seed)
            if arrival.ended is None or arrival not in self._running:
                return
            arrival.ended.wait()
            gevent.sleep(arrival.pause_s)

    def _take_turns(self, turns: Iterator[tuple[int, int]]) -> None:
        """Send one arrival after the other; the next turn comes when the whole journey is over."""
        for index, seed in turns:
            self._added_arrivals += 1
            arrival = self._hand_over(index, None, seed)
            if arrival.ended is not None and arrival in self._running:
                arrival.ended.wait(self._order.drain_s)

    def _hand_over(self, index: int, planned_ns: int | None, seed: int) -> RunningArrival:
        user_class = self._draw_user_class(seed)
        arrival = RunningArrival(self, index=index, planned_ns=planned_ns, seed=seed, user_class=user_class)
        self.sent_arrivals += 1
        self._running.add(arrival)  # before it is handed over: it may be done when that returns
        if not self._pool.hand_over(arrival):
            self._drop(arrival)
        return arrival

    def _drop(self, arrival: RunningArrival) -> None:
        self._running.discard(arrival)
        self.sent_arrivals -= 1
        self.dropped_arrivals += 1

    def _draw_user_class(self, seed: int) -> int:
        weights = self._cumulative_weights
        return bisect(weights, seeded_share(seed, salt=_USER_CLASS_SALT) * weights[-1]) if weights[1:] else 0

    def _drain(self) -> bool:
        self._is_idle.clear()
        if self._running:
            self._is_idle.wait(self._order.drain_s)
        return not self._running and not self._in_flight

    def _settle(self, now_ns: int) -> None:
        """Account for what is unfinished at the end of the drain, and close the file."""
        for arrival in self._pool.withdraw_waiting():
            self._drop(arrival)
        for arrival in [*self._running, *self._left_open]:
            for request in list(arrival.open_requests):
                self._record_unreported(request, "Unfinished", finished_ns=now_ns)
        for arrival in self._running:
            if arrival.planned_ns is not None:
                begun_ns = now_ns if arrival.begun_ns is None else arrival.begun_ns
                self.begun_lags_ns.append(max(0, begun_ns - arrival.planned_ns))
        self._is_over = True
        if self._running:
            self._pool.dismiss_busy()
        self._pool.forget_arrivals()
        self._recorder.close()

    def _record_unreported(self, request: SentRequest, reason: str, *, finished_ns: int) -> None:
        arrival = self._close(request)
        if arrival is None:
            return
        self._recorder.add(
            scheduled_ns=request.scheduled_ns,
            sent_ns=request.sent_ns,
            first_byte_ns=request.first_byte_ns,
            finished_ns=finished_ns,
            arrival=arrival.index,
            step=request.step,
            journey=request.journey,
            endpoint=f"{request.method} (in task {request.journey})",
            method=request.method,
            status=request.status,
            error=reason,
            response_bytes=0,
        )

    def _without_base_path(self, name: str) -> str:
        """Return an endpoint's name as on every target: HttpUser's own names hold the host's path."""
        return name[len(self._base_path) - 1 :] if name.startswith(self._base_path) else name

    def _close(self, request: SentRequest) -> RunningArrival | None:
        """Take a request off the open ones; return its arrival, None where it must have no row any more."""
        arrival = request.arrival
        if arrival is None or request.has_row or self._is_over:
            return None
        request.has_row = True
        arrival.open_requests.remove(request)
        return arrival

    def _record_task(self, arrival: RunningArrival, journey: str, reason: str) -> None:
        if self._is_over:
            return
        request = arrival.send(journey, "TASK", "")
        arrival.open_requests.remove(request)
        self._recorder.add(
            scheduled_ns=request.scheduled_ns,
            sent_ns=request.sent_ns,
            finished_ns=request.sent_ns,
            arrival=arrival.index,
            step=request.step,
            journey=journey,
            endpoint=f"TASK {journey}",
            method="TASK",
            status=0,
            error=reason,
            response_bytes=0,
        )

    def _flush_regularly(self) -> None:
        while True:
            gevent.sleep(_FLUSH_EVERY_S)
            self._recorder.flush()


def _settle_garbage() -> None:
    """Collect now and set aside what lives, so that no long collection falls into the slice."""
    gc.collect()
    gc.freeze()


def _error_class(exception: Exception | None, status: int) -> str:
    """Return the class of a failure, empty for a good request.

    A scenario that fails a request names the class itself; a bad status is named by its number; what the
    network did by the exception's type.
    """
    if exception is None:
        return ""
    kind = type(exception).__name__
    if kind == "CatchResponseError":
        return str(exception).partition("\n")[0][:_DETAIL_LIMIT] or kind
    return f"HTTP {status}" if status >= 400 else kind


def _header(response: Any, name: str) -> str | None:
    headers = getattr(response, "headers", None)
    value = None if headers is None else headers.get(name)
    return ", ".join(value) if isinstance(value, list) else value
