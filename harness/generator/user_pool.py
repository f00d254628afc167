"""The users of one target: free ones, busy ones, ones that are still setting up."""

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event

from harness.generator.arrival import RunningArrival
from harness.generator.open_loop import OpenLoopUser, SetUpError

if TYPE_CHECKING:
    from harness.generator.slice_run import SliceRun

logger = logging.getLogger(__name__)


class UserPool:
    """Finds a user for each arrival, and starts more users up to a limit where none is free.

    The user that became free last is taken first, so that few connections stay warm. Free users are kept in
    reserve: what a user does in on_start must not fall on the arrival that needs it.
    """

    slice: "SliceRun"
    """The slice at hand; set before any arrival is handed over."""

    def __init__(self, runner: Any, user_classes: list[Any]) -> None:
        self._runner = runner
        self._class_names = [user_class.__name__ for user_class in user_classes]
        self._limit = 0
        self._reserve = 0
        self._free: list[list[OpenLoopUser]] = [[] for _ in user_classes]
        self._waiting: list[deque[RunningArrival]] = [deque() for _ in user_classes]
        self._starting: list[set[OpenLoopUser]] = [set() for _ in user_classes]
        self._refilling = [False] * len(user_classes)
        """Whether a greenlet sees to the reserve of a class already."""
        self._users: set[OpenLoopUser] = set()
        self._settled = Event()
        self._last_set_up_error = ""
        for user_class in user_classes:
            user_class.pool = self

    def prepare(self, *, reserve: int, limit: int, timeout_s: float) -> None:
        """Have `reserve` free users of each class, as far as the limit allows, before a slice starts.

        Raises:
            SetUpError: a user's on_start failed or did not end in time.
        """
        self._limit = max(limit, len(self._class_names))
        self._reserve = min(reserve, self._limit // len(self._class_names))
        self._last_set_up_error = ""
        for index in range(len(self._class_names)):
            self._refill(index)
        self._settled.clear()
        if any(self._starting) and not self._settled.wait(timeout_s):
            raise SetUpError(f"on_start did not end within {timeout_s:.0f} s.")
        if self._last_set_up_error:
            raise SetUpError(self._last_set_up_error)

    def hand_over(self, arrival: RunningArrival) -> bool:
        """Give an arrival to a user, now or as soon as a new one is ready; False at the limit of users."""
        index = arrival.user_class
        free = self._free[index]
        if free:
            free.pop().hand_over(arrival)
            if len(free) < (self._reserve + 1) // 2 and not self._refilling[index]:
                self._refilling[index] = True
                gevent.spawn(self._refill, index)
            return True
        if len(self._users) >= self._limit:
            return False
        self._waiting[index].append(arrival)
        self._start_user(index)
        return True

    def enlist(self, user: OpenLoopUser) -> None:
        """Note that a user is free; it may get an arrival at once."""
        index = user.class_index
        if self._waiting[index]:
            user.hand_over(self._waiting[index].popleft())
        else:
            self._free[index].append(user)
        if user in self._starting[index] or user not in self._users:
            self._adopt(user)
            self._starting[index].discard(user)
            self._settle()

    def withdraw_waiting(self) -> list[RunningArrival]:
        """Take back the arrivals that still wait for a user."""
        withdrawn = [arrival for waiting in self._waiting for arrival in waiting]
        for waiting in self._waiting:
            waiting.clear()
        return withdrawn

    def forget_arrivals(self) -> None:
        """Let free users forget what they did last, or each would keep the memory of a whole slice alive."""
        for user in (user for users in self._free for user in users):
            user.arrival = None

    def dismiss_busy(self) -> None:
        """Kill the users that still work on an arrival, so that they cannot disturb the next slice."""
        free = {id(user) for users in self._free for user in users}
        starting = {id(user) for users in self._starting for user in users}
        for user in list(self._users):
            if id(user) not in free and id(user) not in starting:
                user.greenlet.kill(block=False)  # type: ignore[attr-defined]  # of the Locust User

    def _refill(self, index: int) -> None:
        """Start users until the reserve is full; a set-up that fails is not tried over and over."""
        while (
            not self._last_set_up_error
            and len(self._free[index]) + len(self._starting[index]) < self._reserve
            and len(self._users) < self._limit
        ):
            self._start_user(index)
            gevent.sleep(0)  # let arrivals that are due go first
        self._refilling[index] = False

    def _start_user(self, index: int) -> None:
        # not by spawn_users, which counts all users there are each time
        user = self._runner.user_classes_by_name[self._class_names[index]](self._runner.environment)
        user.start(self._runner.user_greenlets)
        self._adopt(user)
        self._starting[index].add(user)

    def _adopt(self, user: Any) -> None:
        """Count a user, also one that Locust itself started, until its greenlet ends."""
        if user not in self._users:
            self._users.add(user)
            user.greenlet.link(lambda _greenlet: self._forget(user))

    def _forget(self, user: OpenLoopUser) -> None:
        """Drop a user whose greenlet ended: StopUser, a kill, or an on_start that failed."""
        index = user.class_index
        self._users.discard(user)
        if user in self._free[index]:
            self._free[index].remove(user)
        if user in self._starting[index]:
            self._starting[index].discard(user)
            self._note_failed_set_up(user)
        if user.arrival is not None:
            user.arrival.end()
        self._settle()

    def _note_failed_set_up(self, user: OpenLoopUser) -> None:
        reason = user.set_up_error or "the user ended in on_start"
        self._last_set_up_error = f"on_start of {type(user).__name__!r} failed: {reason}"
        logger.error(self._last_set_up_error)
        waiting = self._waiting[user.class_index]
        if len(waiting) > len(self._starting[user.class_index]):
            self.slice.record_failed_set_up(waiting.popleft(), self._last_set_up_error)

    def _settle(self) -> None:
        if not any(self._starting):
            self._settled.set()
