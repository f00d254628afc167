"""RequestThrottler: how many requests run at once, which of the others wait, and which are told to come back.

- The limit is Netflix's Gradient2 (concurrency-limits, `Gradient2Limit`): while requests take longer than
  `tolerance` times their long-term average, fewer may run at once; else as many more as may queue inside.
- Who does not run waits in the lane of its class, better classes first. Once a lane has not been empty for
  `interval_s` it is overloaded: newcomers get `target_s` to be started in place of `interval_s`, and the
  newest goes first, since the oldest has nearly lost its patience (Maurer, "Fail at Scale", ACM Queue 13(8)).
- Nobody is started after the deadline that they came with.

Pure: no event loop, and a clock that is given. Whoever waits is told through `wake`; whoever drives it calls
`expire` when a patience is over.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

MAX_QUEUED = 1_000
INTERVAL_S = 0.5
"""How long one may wait while the lane gets empty now and then; Facebook's 100 ms are for calls in a site."""
TARGET_S = 0.05
LONGEST_RETRY_S = 30

Refusal = Literal["late", "queue full", "waited too long", "pushed out"]
State = Literal["running", "waiting", "refused", "done"]


@dataclass(frozen=True, slots=True, eq=False)
class RequestClass:
    """Requests that are of equal worth; compared by identity, which costs nothing."""

    name: str
    share: float = 1.0
    """The part of the limit that they may hold together; at least one of them may always run."""


class Limit(Protocol):
    """How many requests may run at once."""

    @property
    def value(self) -> int:
        """The number."""

    def note(self, duration_s: float, running_count: int, now_s: float, *, is_anybody_waiting: bool) -> None:
        """Learn from a request that was answered."""

    def retry_after_s(self, waiting_count: int) -> float:
        """Guess when as many requests as wait now will have been answered."""


@dataclass(slots=True)
class FixedLimit:
    """A number that nothing changes; for work that waits for others and so says nothing of our own load."""

    value: int

    def note(self, duration_s: float, running_count: int, now_s: float, *, is_anybody_waiting: bool) -> None:
        """Learn nothing."""

    def retry_after_s(self, waiting_count: int) -> float:  # noqa: ARG002 - nothing is known of durations
        """Guess a second."""
        return 1.0


@dataclass(slots=True, kw_only=True)
class Gradient2Limit:
    """Netflix's Gradient2 on windows of requests, with one change.

    The long-term average learns nothing from windows during which somebody waited, unless they were faster.
    Else it learns an overload as normal within a minute, and the limit drifts to its maximum.
    """

    minimum: int = 4
    """Two for each of two cores: the database works while Python does."""
    maximum: int = 64
    tolerance: float = 1.5
    smoothing: float = 0.2
    queue_size: int = 4
    """How many more than can be worked on at once may be inside."""
    long_window_count: int = 600
    window_s: float = 0.1
    window_size: int = 10
    """A window ends when it is as long, and holds as many requests."""
    estimate: float = 20.0
    long_s: float | None = None
    """The long-term average duration; None before it has learnt anything."""
    _learnt_count: int = 0
    _started_s: float | None = None
    _durations_s: list[float] = field(default_factory=list)
    _most_running: int = 0
    _has_waited: bool = False

    @property
    def value(self) -> int:
        """The limit in whole requests."""
        return int(self.estimate)

    def note(self, duration_s: float, running_count: int, now_s: float, *, is_anybody_waiting: bool) -> None:
        """Add a request to the window, and learn from the window when it is full."""
        if self._started_s is None:
            self._started_s = now_s
        self._durations_s.append(duration_s)
        self._most_running = max(self._most_running, running_count)
        self._has_waited = self._has_waited or is_anybody_waiting
        if len(self._durations_s) >= self.window_size and now_s - self._started_s >= self.window_s:
            self._learn(max(sum(self._durations_s) / len(self._durations_s), 1e-9))
            self._started_s = None
            self._durations_s.clear()
            self._most_running = 0
            self._has_waited = False

    def retry_after_s(self, waiting_count: int) -> float:
        """Guess from the number of those who run at once and from how long they take."""
        return 1.0 if self.long_s is None else waiting_count * self.long_s / self.estimate

    def _learn(self, short_s: float) -> None:
        if not self._has_waited or (self.long_s is not None and short_s < self.long_s):
            self._add(short_s)
        if self.long_s is None or self._most_running < self.estimate / 2:
            return  # nobody asks for more than half of the limit: nothing is known of the rest
        gradient = max(0.5, min(1.0, self.tolerance * self.long_s / short_s))
        wanted = self.estimate * gradient + self.queue_size
        smoothed = self.estimate * (1 - self.smoothing) + wanted * self.smoothing
        self.estimate = max(float(self.minimum), min(float(self.maximum), smoothed))

    def _add(self, short_s: float) -> None:
        """Add to an exponential average that begins as a plain one; come down faster than it went up."""
        self._learnt_count = min(self._learnt_count + 1, self.long_window_count)
        weight = max(1 / self._learnt_count, 2 / (self.long_window_count + 1))
        long_s = short_s if self.long_s is None else self.long_s + weight * (short_s - self.long_s)
        self.long_s = long_s * 0.95 if long_s > 2 * short_s else long_s


class Entry:
    """One request's way through the throttler."""

    __slots__ = ("arrived_s", "expires_s", "kind", "refusal", "started_s", "state", "wake")

    def __init__(self, kind: RequestClass, wake: Callable[[], None], arrived_s: float) -> None:
        self.kind = kind
        self.arrived_s = arrived_s
        self.wake = wake
        """Called once if the request has waited, when it was started or refused."""
        self.state: State = "waiting"
        self.refusal: Refusal | None = None
        self.started_s = 0.0
        self.expires_s = math.inf


@dataclass(slots=True)
class _Lane:
    kind: RequestClass
    waiting: OrderedDict[Entry, None] = field(default_factory=OrderedDict)
    running_count: int = 0
    last_empty_s: float = -math.inf
    started_count: int = 0
    refused: dict[Refusal, int] = field(default_factory=dict)


class RequestThrottler:
    """Starts, queues and refuses requests; the lanes are in the order of their worth."""

    def __init__(
        self,
        limit: Limit,
        kinds: Sequence[RequestClass],
        clock: Callable[[], float],
        *,
        max_queued: int = MAX_QUEUED,
        interval_s: float = INTERVAL_S,
        target_s: float = TARGET_S,
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._max_queued = max_queued
        self._interval_s = interval_s
        self._target_s = target_s
        self._lanes = {kind: _Lane(kind) for kind in kinds}
        self.running_count = 0
        self.waiting_count = 0

    def enter(
        self,
        kind: RequestClass,
        deadline_s: float,
        wake: Callable[[], None],
        *,
        arrived_s: float | None = None,
    ) -> Entry:
        """Start a request, let it wait or refuse it: `state` tells; deadline and arrival are of the clock.

        What it has waited since it arrived, if that was earlier than now, is part of its patience.
        """
        now = self._clock()
        entry = Entry(kind, wake, now if arrived_s is None else arrived_s)
        lane = self._lanes[kind]
        if deadline_s <= now:
            self._refuse(lane, entry, "late")
        elif self.waiting_count == 0 and self._has_room(lane):
            self._start(lane, entry, now)
        elif self.waiting_count >= self._max_queued and not self._push_out(lane):
            self._refuse(lane, entry, "queue full")
        else:
            self._queue(lane, entry, deadline_s, now)
            self._start_waiting(now, spared=entry)
        return entry

    def leave(self, entry: Entry, *, is_sample: bool = True) -> None:
        """Give the place of a running request back, once; `is_sample` if its duration tells of the load.

        Raises:
            RuntimeError: the request does not run.
        """
        if entry.state != "running":
            raise RuntimeError(f"A request that is {entry.state} cannot leave.")
        now = self._clock()
        if is_sample:
            self._limit.note(
                now - entry.started_s,
                self.running_count,
                now,
                is_anybody_waiting=self.waiting_count > 0,
            )
        entry.state = "done"
        self._lanes[entry.kind].running_count -= 1
        self.running_count -= 1
        if self.waiting_count:
            self._start_waiting(now)

    def expire(self, entry: Entry) -> None:
        """Refuse a request whose patience is over; do nothing if it does not wait any more."""
        if entry.state == "waiting":
            lane = self._lanes[entry.kind]
            self._unqueue(lane, entry)
            self._refuse(lane, entry, "waited too long")
            entry.wake()

    def abandon(self, entry: Entry) -> None:
        """Forget a request whose caller has gone, wherever it is; a place that it has is given back."""
        if entry.state == "running":
            self.leave(entry, is_sample=False)
        elif entry.state == "waiting":
            self._unqueue(self._lanes[entry.kind], entry)
            entry.state = "done"

    def retry_after_s(self) -> int:
        """Tell somebody who was refused when to come back, in whole seconds."""
        return max(1, min(LONGEST_RETRY_S, math.ceil(self._limit.retry_after_s(self.waiting_count))))

    def snapshot(self) -> dict[str, Any]:
        """Tell how many run, wait and were refused."""
        now = self._clock()
        return {
            "limit": self._limit.value,
            "running_count": self.running_count,
            "waiting_count": self.waiting_count,
            "classes": {
                lane.kind.name: {
                    "running_count": lane.running_count,
                    "waiting_count": len(lane.waiting),
                    "is_overloaded": self._is_overloaded(lane, now),
                    "started_count": lane.started_count,
                    "refused": dict(lane.refused),
                }
                for lane in self._lanes.values()
            },
        }

    def _has_room(self, lane: _Lane) -> bool:
        limit = self._limit.value
        return self.running_count < limit and lane.running_count < max(1, int(limit * lane.kind.share))

    def _start(self, lane: _Lane, entry: Entry, now: float) -> None:
        entry.state = "running"
        entry.started_s = now
        lane.started_count += 1
        lane.running_count += 1
        self.running_count += 1

    def _queue(self, lane: _Lane, entry: Entry, deadline_s: float, now: float) -> None:
        if not lane.waiting:
            lane.last_empty_s = now
        patience_s = self._target_s if self._is_overloaded(lane, now) else self._interval_s
        entry.expires_s = min(entry.arrived_s + patience_s, deadline_s)
        lane.waiting[entry] = None
        self.waiting_count += 1

    def _unqueue(self, lane: _Lane, entry: Entry) -> None:
        del lane.waiting[entry]
        self.waiting_count -= 1

    def _is_overloaded(self, lane: _Lane, now: float) -> bool:
        return bool(lane.waiting) and now - lane.last_empty_s > self._interval_s

    def _start_waiting(self, now: float, spared: Entry | None = None) -> None:
        """Give free places to those who wait; `spared` is not woken, since it is looked at right after."""
        for lane in self._lanes.values():
            while lane.waiting and self._has_room(lane):
                entry, _ = lane.waiting.popitem(last=self._is_overloaded(lane, now))
                self.waiting_count -= 1
                if entry.expires_s <= now:
                    self._refuse(lane, entry, "waited too long")
                else:
                    self._start(lane, entry, now)
                if entry is not spared:
                    entry.wake()

    def _push_out(self, lane: _Lane) -> bool:
        """Make room in a full queue: whoever has waited longest in the worst lane goes, if that is worse."""
        for worse in reversed(self._lanes.values()):
            if worse is lane:
                return False
            if worse.waiting:
                entry, _ = worse.waiting.popitem(last=False)
                self.waiting_count -= 1
                self._refuse(worse, entry, "pushed out")
                entry.wake()
                return True
        return False

    def _refuse(self, lane: _Lane, entry: Entry, refusal: Refusal) -> None:
        entry.state = "refused"
        entry.refusal = refusal
        lane.refused[refusal] = lane.refused.get(refusal, 0) + 1
