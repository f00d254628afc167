"""One arrival after another to every target in turn: the precision part of a round, one request in flight."""

import time
from collections.abc import Iterator, Sequence

from gevent.event import Event


class Turns:
    """Lets the slices of all targets take turns: an arrival goes to each before the next one comes."""

    def __init__(self, seeds: Sequence[int], orders: Sequence[Sequence[str]], *, limit_s: float) -> None:
        """Plan the turns.

        Args:
            seeds: of the arrivals.
            orders: of each arrival, the targets in the order in which they get it.
            limit_s: no new arrival begins so long after the first; its list may be longer than that.
        """
        self._seeds = seeds
        self._turns = [(index, target) for index, order in enumerate(orders) for target in order]
        self._reached = [Event() for _ in range(len(self._turns) + 1)]
        self._reached[0].set()
        self._limit_ns = round(limit_s * 1e9)
        self._started_ns = 0
        self._end = len(self._seeds)
        """The arrival with which all targets stop."""

    def of(self, target: str) -> Iterator[tuple[int, int]]:
        """Yield index and seed of each arrival when it is the target's turn; to ask for more passes it on."""
        for turn, (index, whose) in enumerate(self._turns):
            if whose != target:
                continue
            self._reached[turn].wait()
            self._look_at_clock(turn, index)
            if index >= self._end:
                return
            yield index, self._seeds[index]
            self._reached[turn + 1].set()

    def give_up(self) -> None:
        """Let everyone stop who still waits for a turn."""
        self._end = 0
        for reached in self._reached:
            reached.set()

    def _look_at_clock(self, turn: int, index: int) -> None:
        now_ns = time.monotonic_ns()
        if turn == 0:
            self._started_ns = now_ns
        is_first_of_arrival = turn == 0 or self._turns[turn - 1][0] != index
        if is_first_of_arrival and now_ns - self._started_ns >= self._limit_ns and index < self._end:
            self._end = index
            for reached in self._reached:
                reached.set()
