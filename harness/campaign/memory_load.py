"""Load for the memory phase: so many requests as fast as they are answered."""

from pathlib import Path
from random import Random
from typing import Protocol

from harness.drive.driver import LoadDriver
from harness.errors import MeasurementError
from harness.model.plan import ClosedLoop

FIRST_S = 0.1
"""Length of the first stretch, which tells how fast the server is."""
SHORTEST_S = 0.02
LONGEST_S = 30.0
DRAIN_S = 30.0
IDLE_STRETCHES = 5
"""So many stretches without an answer, each twice as long, and the server is stuck."""


class MemoryLoad(Protocol):
    """Sends requests to one server."""

    def send(self, count: int) -> tuple[int, int]:
        """Send about `count` requests; return how many were answered or failed, and how many of them failed.

        Raises:
            MeasurementError: the load could not be sent.
        """


class ClosedLoopLoad:
    """Some users who ask without a pause, in stretches whose length follows the server's speed.

    Args:
        driver: sends the stretches.
        target: the variant's id, as the driver knows it.
        users: so many at a time.
        seed: of the choices that they make.
        samples: rewritten by each stretch; nobody reads it.
    """

    def __init__(self, driver: LoadDriver, target: str, *, users: int, seed: int, samples: Path) -> None:
        self._driver = driver
        self._target = target
        self._users = users
        self._source = Random(seed)
        self._samples = samples
        self._rate: float | None = None

    def send(self, count: int) -> tuple[int, int]:
        """Send about `count` requests: whole stretches, at least one; see MemoryLoad."""
        answered = failed = idle = 0
        while answered < count:
            length_s = self._length_s(count - answered) * 2**idle
            report = self._driver.run_slice(
                self._target,
                (),
                duration_s=length_s,
                samples=self._samples,
                drain_s=DRAIN_S,
                closed_loop=ClosedLoop(users=self._users, seed=self._source.getrandbits(48)),
            )
            answered += report.request_count
            failed += report.failed_count
            idle = 0 if report.request_count else idle + 1
            if idle == IDLE_STRETCHES:
                raise MeasurementError(f"{self._target} answered nothing for {2 * length_s:.0f} seconds.")
            self._rate = report.request_count / length_s or self._rate
        return answered, failed

    def _length_s(self, count: int) -> float:
        if self._rate is None:
            return FIRST_S
        return min(LONGEST_S, max(SHORTEST_S, count / self._rate))
