"""Hand planned arrivals over at their moments, from a timer of the event loop itself.

A greenlet that slept from arrival to arrival would be woken through the loop's queue of callbacks, and so
would each user that it wakes. In a backlog that queue runs for 5 ms before gevent looks at a socket again,
and answers wait for it. A timer's callback runs between sockets, and switches to the user at once: it comes
back when the user's request is with the kernel.
"""

import time
from collections.abc import Callable, Iterable

import gevent
from gevent.event import AsyncResult

_MOST_AT_ONCE = 10
"""Arrivals that are due already are handed over one after the other; then answers that are in get their turn.

One at a time costs half as much again: each turn of the loop wakes the server, and asks the system which
sockets have answers. Ten hold the loop for about half a millisecond."""


class Dispatcher:
    """Walks arrivals in order of time."""

    def __init__(
        self,
        arrivals: Iterable[tuple[int, int, int]],
        *,
        started_ns: int,
        hand_over: Callable[[int, int, int], object],
    ) -> None:
        """Plan a walk.

        Args:
            arrivals: index, offset from the start in nanoseconds, seed.
            started_ns: the start, on the monotonic clock.
            hand_over: gets index, planned moment and seed; called from the event loop, so it must not block.
        """
        self._arrivals = iter(arrivals)
        self._started_ns = started_ns
        self._hand_over = hand_over
        self._loop = gevent.get_hub().loop
        self._timer = self._loop.timer(0.0)
        self._is_done: AsyncResult[None] = AsyncResult()
        self._index = self._planned_ns = self._seed = 0

    def walk(self) -> None:
        """Block until the last arrival is handed over; what `hand_over` raises ends it."""
        if not self._take_next():
            return
        self._wait()
        try:
            self._is_done.get()
        finally:
            self._timer.close()

    def _take_next(self) -> bool:
        following = next(self._arrivals, None)
        if following is None:
            return False
        self._index, offset_ns, self._seed = following
        self._planned_ns = self._started_ns + offset_ns
        return True

    def _wait(self) -> None:
        rest_ns = self._planned_ns - time.monotonic_ns()
        self._timer.close()
        self._timer = self._loop.timer(max(0, rest_ns) / 1e9)
        self._timer.start(self._turn, update=True)

    def _turn(self) -> None:
        try:
            for _ in range(_MOST_AT_ONCE):
                if self._planned_ns > time.monotonic_ns():
                    break
                self._hand_over(self._index, self._planned_ns, self._seed)
                if not self._take_next():
                    self._is_done.set(None)
                    return
        except Exception as error:  # noqa: BLE001  - in the event loop nobody would hear of it
            self._is_done.set_exception(error)
            return
        self._wait()
