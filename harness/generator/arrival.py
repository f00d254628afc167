"""One arrival while it is worked on, and each request that it sends."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gevent.event import Event

if TYPE_CHECKING:
    from harness.generator.slice_run import SliceRun


@dataclass(slots=True, eq=False)
class SentRequest:
    """A request from the moment it is sent until its row is written."""

    arrival: "RunningArrival | None"
    """None: it belongs to a user's set-up."""
    step: int
    journey: str
    scheduled_ns: int
    sent_ns: int
    method: str
    url: str
    status: int = 0
    first_byte_ns: int | None = None
    """When the headers of the last answer were in; None where the client does not tell."""
    answered_ns: int | None = None
    """When the HTTP client had its answer; None while it is in flight."""
    has_row: bool = False


class RunningArrival:
    """A planned user action: which class of user does it, with which choices, and how far it is."""

    __slots__ = (
        "_next_start_ns",
        "_previous_end_ns",
        "_step_count",
        "_task_started_ns",
        "begun_ns",
        "choice_count",
        "ended",
        "index",
        "is_ended",
        "open_requests",
        "pause_s",
        "planned_ns",
        "seed",
        "slice",
        "user_class",
    )

    def __init__(
        self, slice_run: "SliceRun", *, index: int, planned_ns: int | None, seed: int, user_class: int
    ) -> None:
        self.slice = slice_run
        self.index = index
        self.planned_ns = planned_ns
        """None in a closed loop: each request starts when its user gets to it."""
        self.seed = seed
        self.user_class = user_class
        """Index into the scenario's user classes, drawn from the arrival's seed."""
        self.begun_ns: int | None = None
        """Its first send; its task's start where the task sent nothing."""
        self.open_requests: list[SentRequest] = []
        """Sent and without a row so far, in order of their steps."""
        self.choice_count = 0
        """How often Locust chose a task for it: more than once where a nested task set is entered."""
        self.is_ended = False
        self.ended = Event() if planned_ns is None else None
        """In a closed loop: its user waits for it."""
        self.pause_s = 0.0
        """In a closed loop: how long its user rests afterwards."""
        self._task_started_ns = 0
        self._step_count = 0
        self._previous_end_ns: int | None = None
        self._next_start_ns: int | None = planned_ns

    def start_task(self) -> None:
        """Note that a user took it."""
        self._task_started_ns = time.monotonic_ns()

    def send(self, journey: str, method: str, url: str) -> SentRequest:
        """Return the next request, stamped with now and with the moment at which it should have been sent.

        The first should start at the arrival's planned time, one after a think time when that is over, and
        any other when the task's code asked for it: now.
        """
        sent_ns = time.monotonic_ns()
        if self.planned_ns is None or self._next_start_ns is None:
            scheduled_ns = sent_ns
        else:
            scheduled_ns = self._next_start_ns
        self._next_start_ns = None
        if self.begun_ns is None:
            self.begun_ns = sent_ns
        step = self._step_count
        self._step_count += 1
        request = SentRequest(self, step, journey, scheduled_ns, sent_ns, method, url)
        self.open_requests.append(request)
        return request

    def note_end_of_request(self, ended_ns: int) -> None:
        """Let the next think time count from here."""
        self._previous_end_ns = ended_ns

    def plan_think_time(self, seconds: float) -> int:
        """Return when the next request should start: think time after the end of the one before it."""
        start_ns = self._next_start_ns
        if start_ns is None:
            start_ns = self._previous_end_ns or time.monotonic_ns()
        self._next_start_ns = start_ns + round(seconds * 1e9)
        return self._next_start_ns

    def end(self) -> None:
        """Note that its user is free again; further calls change nothing."""
        if self.is_ended:
            return
        self.is_ended = True
        if self.begun_ns is None:
            self.begun_ns = self._task_started_ns or time.monotonic_ns()
        self.slice.note_end(self)
        if self.ended is not None:
            self.ended.set()
