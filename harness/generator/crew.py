"""The master's side: a crew of workers that sends each slice together."""

import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from harness.generator import messages
from harness.generator.clock import ClockAlignment
from harness.generator.control import Control
from harness.generator.local_workers import LocalWorkers
from harness.generator.merge import SliceMerge
from harness.generator.scenario_identity import network_identity
from harness.generator.self_check import CpuClock
from harness.generator.session import SliceError, TurnsOrder
from harness.generator.shipping import Shipment, unpacked_lags
from harness.generator.slice_run import SliceOrder
from harness.generator.split import PlannedArrival, split
from harness.model.slice_summary import GeneratorReport
from harness.store.sample_schema import SampleStream
from harness.store.slice_summary import load_generator_report

logger = logging.getLogger(__name__)

_TICK_S = 0.25
_MOST_SILENT_TICKS = 20
"""A worker whose event loop is blocked for five seconds is as good as dead."""
_SET_UP_TIMEOUT_S = 75.0
"""Longer than the workers' own limit, so that they can say what is wrong."""
_ALIGNMENTS = 8
"""Exchanges right before a slice, beside those of every tick."""
_ALIGNMENT_PAUSE_S = 0.01
_LEAD_NS = 400_000_000
"""From the order to start to the start: the way there, and a garbage collection."""
_GRACE_S = 15.0
"""After the drain's end a worker still has to ship what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewOrder:
    """Which workers the harness asks for."""

    count: int
    are_local: bool
    """Started by the master itself, rather than awaited from other hosts."""
    timeout_s: float
    """Until all of them must have joined."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Member:
    """One worker."""

    client_id: str
    """Locust's name of it."""
    id: str
    number: int
    alignment: ClockAlignment = field(default_factory=ClockAlignment)
    offset_ns: int = 0
    """In use for the slice at hand."""
    silent_ticks: int = 0
    has_joined: bool = False
    is_lost: bool = False
    prepared_slice: int = -1


class Crew:
    """Splits each slice among workers, aligns their clocks, and merges what they ship: a SliceSender."""

    def __init__(
        self,
        environment: Any,
        control: Control,
        targets: Mapping[str, str],
        *,
        order: CrewOrder,
        fingerprint: str,
    ) -> None:
        self._runner = environment.runner
        self._control = control
        self._targets = dict(targets)
        self._order = order
        self._fingerprint = fingerprint
        self._members: dict[str, _Member] = {}
        self._processes = (
            LocalWorkers(order.count, port=self._runner.server.port, options=environment.parsed_options)
            if order.are_local
            else None
        )
        self._merge: SliceMerge | None = None
        self._slice_index = -1
        self._news = Event()
        """Set whenever something happened that a slice may be waiting for."""
        self._failure = ""
        self._write_error: OSError | None = None
        self._ticker: gevent.Greenlet
        for message, listener in (
            (messages.HELLO, self._welcome),
            (messages.JOINED, self._note_joined),
            (messages.CLOCK_ANSWER, self._note_clock),
            (messages.PREPARED, self._note_prepared),
            (messages.SHIPMENT, self._take_shipment),
            (messages.SLICE_DONE, self._finish_part),
            (messages.FAILED, self._fail_with),
        ):
            self._runner.register_message(message, self._guarded(listener))
        gevent.spawn(self._await_workers)

    def get_ready(self) -> None:
        """Wait until all workers have joined.

        Raises:
            SliceError: one of them died or cannot take part.
        """
        # Locust would share its own users out again whenever a worker comes or goes; it has none
        self._runner._users_dispatcher = None  # noqa: SLF001  - there is no public way
        self._ticker = gevent.spawn(self._tick_regularly)
        self._ticker.link_exception(lambda greenlet: self._control.abort(f"A bug: {greenlet.exception!r}"))
        self._wait_for(lambda: self._joined_count() == self._order.count, timeout_s=math.inf)
        self._control.send("waiting", joined=self._joined_count(), expected=self._order.count)
        if any(member.is_lost for member in self._members.values()):
            raise SliceError("A worker was lost before the first slice.")

    def take_turns(self, order: TurnsOrder) -> dict[str, GeneratorReport]:  # noqa: ARG002
        """Refuse: one request at a time cannot be shared out."""
        raise SliceError("Workers share a load; one request at a time is sent by a single process.")

    def run_slice(self, order: SliceOrder, *, target: str, samples: Path) -> GeneratorReport:
        """Send one slice with all workers that are left; see SliceSender."""
        if order.closed_loop:
            raise SliceError("Workers share a schedule; a closed loop has none.")
        stream = SampleStream(samples)
        try:
            self._merge = merge = self._prepared(order, target, stream)
            cpu = CpuClock()
            self._start(merge)
            seconds = _LEAD_NS / 1e9 + order.duration_s + order.drain_s + _GRACE_S
            if not self._wait_for(lambda: merge.is_over, timeout_s=seconds):
                self._lose_unfinished(merge)
            return merge.report(master_cpu_share=cpu.share())
        finally:
            self._merge = None
            stream.close()

    def counts(self) -> tuple[int, int]:
        """Return the arrivals sent and done; see SliceSender."""
        return (self._merge.sent_arrivals, self._merge.done_arrivals) if self._merge else (0, 0)

    def leave(self, *, is_last: bool) -> None:
        """Tell the workers whether they should connect again; from now on they may go."""
        self._ticker.kill()
        for member in self._alive():
            self._send(member, messages.LEAVE, is_last=is_last)

    # A slice

    def _prepared(self, order: SliceOrder, target: str, stream: SampleStream) -> SliceMerge:
        """Have all workers that are left ready with their parts; start anew where one is lost meanwhile."""
        while True:
            crew = self._alive()
            if not crew:
                raise SliceError("All workers are lost.")
            merge = self._ordered(crew, order, target, stream)
            self._await_prepared(crew)
            self._align(crew)
            if not any(member.is_lost for member in crew):
                return merge

    def _ordered(
        self, crew: list[_Member], order: SliceOrder, target: str, stream: SampleStream
    ) -> SliceMerge:
        """Tell each worker its part."""
        self._slice_index += 1
        everyone = self._in_order()
        merge = SliceMerge(stream, slice_index=self._slice_index, workers=[member.id for member in everyone])
        for member in everyone:
            if member.is_lost:
                merge.lose(member.id, 0)
        parts = split(order.arrivals, [member.id for member in crew])
        for member in crew:
            merge.assign(member.id, parts[member.id])
            self._send(
                member,
                messages.PREPARE,
                slice=self._slice_index,
                target=target,
                arrivals=parts[member.id],
                duration_s=order.duration_s,
                drain_s=order.drain_s,
            )
        return merge

    def _await_prepared(self, crew: list[_Member]) -> None:
        self._wait_for(
            lambda: all(member.is_lost or member.prepared_slice == self._slice_index for member in crew),
            timeout_s=_SET_UP_TIMEOUT_S,
        )
        for member in crew:
            if not member.is_lost and member.prepared_slice != self._slice_index:
                self._lose(member, f"did not have its users ready within {_SET_UP_TIMEOUT_S:.0f} s")

    def _align(self, crew: list[_Member]) -> None:
        wanted = {member.client_id: member.alignment.count + 1 for member in crew}
        for _ in range(_ALIGNMENTS):
            for member in crew:
                self._ask_clock(member)
            gevent.sleep(_ALIGNMENT_PAUSE_S)
        self._wait_for(
            lambda: all(m.is_lost or m.alignment.count >= wanted[m.client_id] for m in crew),
            timeout_s=_SET_UP_TIMEOUT_S,
        )

    def _start(self, merge: SliceMerge) -> None:
        now_ns = time.monotonic_ns()
        starts_at_ns = now_ns + _LEAD_NS
        merge.start(starts_at_ns)
        for member in self._alive():
            member.offset_ns = member.alignment.best(now_ns).offset_ns
            self._send(
                member,
                messages.START,
                slice=self._slice_index,
                starts_at_ns=starts_at_ns + member.offset_ns,
                offset_ns=member.offset_ns,
            )
        self._judge_clocks(now_ns)

    def _lose_unfinished(self, merge: SliceMerge) -> None:
        for member in self._alive():
            if not merge.has_finished(member.id):
                self._lose(member, "did not end its slice")

    # Who is there

    def _await_workers(self) -> None:
        """Tell how many workers are there until all are, or the time is over."""
        deadline = time.monotonic() + self._order.timeout_s
        while (joined := self._joined_count()) < self._order.count:
            self._control.send("waiting", joined=joined, expected=self._order.count)
            if self._processes and (dead := self._processes.dead()):
                self._fail(f"Worker {min(dead)} ended before it could join.")
                return
            if time.monotonic() > deadline:
                self._fail(
                    f"{joined} of {self._order.count} workers joined within {self._order.timeout_s:.0f} s."
                )
                return
            gevent.sleep(_TICK_S)

    def _tick_regularly(self) -> None:
        while True:
            for member in self._alive():
                self._ask_clock(member)
                member.silent_ticks += 1
                if member.silent_ticks > _MOST_SILENT_TICKS:
                    self._lose(member, f"said nothing for {_TICK_S * _MOST_SILENT_TICKS:.0f} s")
            dead = self._processes.dead() if self._processes else {}
            for member in self._alive():
                if member.number in dead:
                    self._lose(member, dead[member.number])
            self._judge_clocks(time.monotonic_ns())
            gevent.sleep(_TICK_S)

    def _lose(self, member: _Member, reason: str) -> None:
        """Go on without a worker: what it can no longer send in time is lost, others take the rest."""
        member.is_lost = True
        if not self._alive():
            self._fail("All workers are lost.")  # before the slice can look as if it had ended
        logger.error("Worker %s %s.", member.id, reason)
        self._control.send("worker_lost", worker=member.id, reason=reason)
        if self._processes:
            self._processes.end(member.number)
        self._runner.send_message("quit", client_id=member.client_id)
        self._runner.clients.pop(member.client_id, None)
        if self._merge is not None:
            self._hand_on(self._merge.lose(member.id, time.monotonic_ns()))
        self._news.set()

    def _hand_on(self, arrivals: list[PlannedArrival]) -> None:
        crew = {member.id: member for member in self._alive()}
        if self._merge is None or not crew:
            return
        for member_id, part in split(arrivals, list(crew)).items():
            if part:
                self._merge.assign(member_id, part)
                self._send(crew[member_id], messages.MORE, slice=self._slice_index, arrivals=part)

    def _judge_clocks(self, now_ns: int) -> None:
        """Note how wrong the offsets in use may be at this moment."""
        if self._merge is None:
            return
        for member in self._alive():
            if member.alignment.count:
                self._merge.note_clock(
                    member.id,
                    offset_ns=member.offset_ns,
                    error_ns=member.alignment.error_of(member.offset_ns, now_ns),
                )

    # What workers say

    def _guarded(self, listen: Callable[[_Member | None, Any], None]) -> Callable[..., None]:
        """Tell the harness of an error in a listener, which Locust would only log."""

        def listener(*, msg: Any, **_: Any) -> None:
            heard_ns = time.monotonic_ns()
            member = self._members.get(msg.node_id)
            if member is not None:
                member.silent_ticks = 0
            if member is not None and member.is_lost:
                return
            try:
                content = {**(msg.data or {}), "client_id": msg.node_id, "heard_ns": heard_ns}
                listen(member, content)
            except Exception as error:
                logger.exception("A bug")
                self._fail(f"A bug: {error!r}")
            self._news.set()

        return listener

    def _welcome(self, member: _Member | None, hello: Mapping[str, Any]) -> None:
        if member is not None:
            return
        if len(self._members) >= self._order.count:
            logger.warning("A worker on %s is one too many; it is sent away.", hello["host"])
            self._runner.send_message("quit", client_id=hello["client_id"])
            return
        if hello["fingerprint"] != self._fingerprint:
            self._fail(f"The worker on {hello['host']} has another scenario: copy this one there.")
            return
        number = int(hello["number"]) if hello["number"] else len(self._members)
        member = _Member(client_id=hello["client_id"], id=f"{hello['host']}/{number}", number=number)
        self._members[member.client_id] = member
        limit = os.environ.get("KPIBENCH_USER_LIMIT")
        self._send(
            member,
            messages.WELCOME,
            targets=self._targets,
            network=network_identity(),
            user_limit=math.ceil(int(limit) / self._order.count) if limit else None,
        )

    def _note_joined(self, member: _Member | None, _content: Mapping[str, Any]) -> None:
        if member is not None:
            member.has_joined = True

    def _note_clock(self, member: _Member | None, answer: Mapping[str, Any]) -> None:
        if member is not None:
            member.alignment.note(
                asked_ns=answer["asked_ns"],
                received_ns=answer["received_ns"],
                answered_ns=answer["answered_ns"],
                heard_ns=answer["heard_ns"],
            )

    def _note_prepared(self, member: _Member | None, content: Mapping[str, Any]) -> None:
        if member is not None:
            member.prepared_slice = content["slice"]

    def _take_shipment(self, member: _Member | None, content: Mapping[str, Any]) -> None:
        if member is None or self._merge is None:
            return
        try:
            self._merge.take(member.id, Shipment.of(content))
        except OSError as error:
            self._write_error = error

    def _finish_part(self, member: _Member | None, content: Mapping[str, Any]) -> None:
        if member is not None and self._merge is not None and content["slice"] == self._slice_index:
            self._merge.finish(
                member.id,
                load_generator_report(content["report"]),
                unpacked_lags(content["loop_lags_ns"]),
            )

    def _fail_with(self, member: _Member | None, content: Mapping[str, Any]) -> None:
        self._fail(f"Worker {member.id if member else '?'}: {content['message']}")

    def _ask_clock(self, member: _Member) -> None:
        self._send(member, messages.CLOCK, asked_ns=time.monotonic_ns())

    # Small things

    def _send(self, member: _Member, message: str, /, **content: Any) -> None:
        self._runner.send_message(message, content, client_id=member.client_id)

    def _in_order(self) -> list[_Member]:
        return sorted(self._members.values(), key=lambda member: member.number)

    def _alive(self) -> list[_Member]:
        return [member for member in self._in_order() if not member.is_lost]

    def _joined_count(self) -> int:
        return sum(member.has_joined for member in self._members.values())

    def _wait_for(self, holds: Callable[[], bool], *, timeout_s: float) -> bool:
        """Return whether something came to hold in time.

        Raises:
            SliceError: it never will.
            OSError: the samples cannot be written.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if self._failure:
                raise SliceError(self._failure)
            if self._write_error:
                raise self._write_error
            if holds():
                return True
            if time.monotonic() > deadline:
                return False
            self._news.clear()
            self._news.wait(_TICK_S)

    def _fail(self, message: str) -> None:
        if not self._failure:
            self._failure = message
            self._control.abort(message)
        self._news.set()
