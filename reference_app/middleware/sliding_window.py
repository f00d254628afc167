"""Counts events of the last minute by key, in memory that the number of active keys bounds."""

import time
from collections import deque
from collections.abc import Callable


class SlidingWindow:
    """Admits at most a given number of events of a key in any stretch of `window_s` seconds."""

    def __init__(self, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._window_s = window_s
        self._clock = clock
        self._events: dict[str, deque[float]] = {}
        self._next_sweep = clock() + window_s

    def admit(self, key: str, limit: int) -> bool:
        """Count an event and answer True, or answer False and count nothing."""
        now = self._clock()
        self._sweep(now)
        events = self._events.setdefault(key, deque())
        while events and events[0] <= now - self._window_s:
            events.popleft()
        if len(events) >= limit:
            return False
        events.append(now)
        return True

    def _sweep(self, now: float) -> None:
        """Once in a window, forget the keys whose last event is over."""
        if now >= self._next_sweep:
            self._next_sweep = now + self._window_s
            over = now - self._window_s
            self._events = {
                key: events for key, events in self._events.items() if events and events[-1] > over
            }
