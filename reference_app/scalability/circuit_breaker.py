"""CircuitBreaker: stops asking a service that fails, and tries with few calls whether it answers again.

The states and windows are those of resilience4j (https://resilience4j.readme.io/docs/circuitbreaker):

- closed: calls pass. When enough of the window's calls failed, or were slow, it opens.
- open: calls are refused, until `open_s` have passed.
- half-open: as many trial calls at a time as are permitted, all others are refused. Some successes close it;
  one trial that fails or is slow opens it again, which is stricter than resilience4j.

What a call shows after the state has changed that it was admitted in counts for nothing.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["closed", "open", "half-open"]
Outcome = Literal["success", "failure", "ignored"]
"""Ignored: says nothing about the service, as a call that its own caller gave up."""
RECENT_COUNT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a breaker opens, for how long, and how it closes."""

    window_count: int
    """Calls that are judged: the newest ones."""
    window_s: float | None = None
    """Judge the calls of the last seconds alone, the newest `window_count` of them; None for any age."""
    minimum_count: int
    """Below that many calls in the window nothing is judged."""
    failure_share: float
    """Opens when this share of the window's calls, or more, failed."""
    slow_share: float = 1.0
    """The same for slow calls, whether they failed or not."""
    slow_s: float
    """A call that takes longer is slow."""
    open_s: float
    trial_success_count: int = 3
    """Trials in a row that must succeed to close it."""
    trials_at_once: int = 1

    def __post_init__(self) -> None:
        """Refuse rules by which a breaker could never open or never close."""
        shares_are_valid = 0 < self.failure_share <= 1 and 0 < self.slow_share <= 1
        if not (1 <= self.minimum_count <= self.window_count and shares_are_valid):
            raise ValueError("a window holds its minimum of calls, and a share lies between 0 and 1")
        if self.trial_success_count < 1 or self.trials_at_once < 1 or self.open_s < 0:
            raise ValueError("it takes a trial at least to close a breaker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A breaker went from one state to another."""

    breaker: str
    before: State
    after: State
    reason: str
    at: datetime


class CallRefusedError(Exception):
    """The breaker did not let the call through; after `retry_after_s` it may."""

    def __init__(self, breaker: str, retry_after_s: float) -> None:
        super().__init__(f"breaker {breaker} is open")
        self.retry_after_s = retry_after_s


class Call:
    """A call that was admitted; it must be ended once, whatever becomes of it."""

    __slots__ = ("_breaker", "_period", "_started_s", "is_ended")

    def __init__(self, breaker: "CircuitBreaker", period: int, started_s: float) -> None:
        self._breaker = breaker
        self._period = period
        self._started_s = started_s
        self.is_ended = False

    def end(self, outcome: Outcome) -> None:
        """Tell what became of it; only the first time counts."""
        if not self.is_ended:
            self.is_ended = True
            self._breaker._ended(outcome, self._period, self._started_s)  # noqa: SLF001 - its other half


@dataclass(frozen=True, slots=True)
class _Result:
    """A call of the window."""

    ended_s: float
    has_failed: bool
    is_slow: bool


class CircuitBreaker:
    """One breaker, for one service. Never waits; for use from one thread."""

    def __init__(
        self,
        name: str,
        rules: BreakerRules,
        *,
        on_change: Callable[[Change], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.rules = rules
        self._on_change = on_change
        self._clock = clock
        self._now = now
        self._state: State = "closed"
        self._period = 0
        """Counts the changes of state: a call belongs to the one in which it was admitted."""
        self._opened_s = 0.0
        self._window: deque[_Result] = deque(maxlen=rules.window_count)
        self._trials_under_way = 0
        self._trial_successes = 0
        self._counts = dict.fromkeys(("success", "failure", "ignored", "slow", "refused"), 0)
        self._changes: deque[Change] = deque(maxlen=RECENT_COUNT)
        self._change_count = 0

    @property
    def state(self) -> State:
        """The state; an open breaker whose time is over stays so until somebody asks to be admitted."""
        return self._state

    def would_refuse(self) -> bool:
        """Tell whether a call would be refused now, without admitting one."""
        if self._state == "open":
            return self._left_s() > 0
        return self._state == "half-open" and self._trials_under_way >= self.rules.trials_at_once

    def admit(self) -> Call:
        """Let a call through.

        Raises:
            CallRefusedError: the breaker is open, or enough trials are under way.
        """
        if self.would_refuse():
            self._counts["refused"] += 1
            raise CallRefusedError(self.name, self._left_s())
        if self._state == "open":
            self._go("half-open", f"{self.rules.open_s:g} s have passed")
        if self._state == "half-open":
            self._trials_under_way += 1
        return Call(self, self._period, self._clock())

    def snapshot(self) -> dict[str, Any]:
        """Show state, window, counts since the start and the newest changes, as JSON."""
        window = self._judged()
        return {
            "state": self._state,
            "window": {
                "call_count": len(window),
                "failed_count": sum(result.has_failed for result in window),
                "slow_count": sum(result.is_slow for result in window),
            },
            "trials_under_way": self._trials_under_way,
            **{f"{name}_count": count for name, count in self._counts.items()},
            "change_count": self._change_count,
            "changes": [
                {
                    "before": change.before,
                    "after": change.after,
                    "reason": change.reason,
                    "at": change.at.isoformat(),
                }
                for change in self._changes
            ],
        }

    def _ended(self, outcome: Outcome, period: int, started_s: float) -> None:
        ended_s = self._clock()
        is_slow = outcome != "ignored" and ended_s - started_s > self.rules.slow_s
        self._counts[outcome] += 1
        self._counts["slow"] += is_slow
        if period != self._period:
            return
        if self._state == "half-open":
            self._trials_under_way -= 1
            if outcome != "ignored":
                self._judge_trial(has_failed=outcome == "failure", is_slow=is_slow)
        elif outcome != "ignored":
            self._window.append(_Result(ended_s, outcome == "failure", is_slow))
            self._judge_window()

    def _judge_trial(self, *, has_failed: bool, is_slow: bool) -> None:
        if has_failed or is_slow:
            self._go("open", "a trial call failed" if has_failed else "a trial call was slow")
            return
        self._trial_successes += 1
        if self._trial_successes >= self.rules.trial_success_count:
            self._go("closed", f"{self._trial_successes} trial calls succeeded")

    def _judge_window(self) -> None:
        window = self._judged()
        count = len(window)
        if count < self.rules.minimum_count:
            return
        failed_count = sum(result.has_failed for result in window)
        slow_count = sum(result.is_slow for result in window)
        if failed_count / count >= self.rules.failure_share:
            self._go("open", f"{failed_count} of the last {count} calls failed")
        elif slow_count / count >= self.rules.slow_share:
            self._go("open", f"{slow_count} of the last {count} calls were slow")

    def _judged(self) -> "deque[_Result]":
        """The calls of the window; what is too old for it is forgotten."""
        if self.rules.window_s is not None:
            oldest_s = self._clock() - self.rules.window_s
            while self._window and self._window[0].ended_s < oldest_s:
                self._window.popleft()
        return self._window

    def _left_s(self) -> float:
        """How long it still stays open; 0 in any other state."""
        if self._state != "open":
            return 0.0
        return max(0.0, self._opened_s + self.rules.open_s - self._clock())

    def _go(self, state: State, reason: str) -> None:
        change = Change(breaker=self.name, before=self._state, after=state, reason=reason, at=self._now())
        self._state = state
        self._period += 1
        self._window.clear()
        self._trials_under_way = 0
        self._trial_successes = 0
        if state == "open":
            self._opened_s = self._clock()
        self._changes.append(change)
        self._change_count += 1
        self._on_change(change)
