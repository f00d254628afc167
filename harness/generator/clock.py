"""How far a worker's monotonic clock is from the master's, and how wrong that may be."""

from collections import deque
from dataclasses import dataclass

DRIFT = 1e-4
"""Seconds a second by which two clocks may drift apart: crystals are good for half of that each."""
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What one question and answer tell. The true offset lies within `error_ns` of `offset_ns`, always."""

    offset_ns: int
    """The worker's clock minus the master's."""
    error_ns: int
    at_ns: int
    """When, on the master's clock."""


class ClockAlignment:
    """Collects exchanges with one worker, as NTP does, and knows the best of them.

    The master asks at t0, the worker hears it at t1 and answers at t2 of its own clock, the master hears that
    at t3. However long the ways took, nothing is heard before it is sent: the offset lies between t2 - t3 and
    t1 - t0. Half of that width is the error; the exchange with the least is the best. It ages with DRIFT.
    """

    def __init__(self) -> None:
        self._readings: deque[ClockReading] = deque(maxlen=_KEPT)

    @property
    def count(self) -> int:
        """How many exchanges it knows."""
        return len(self._readings)

    def note(self, *, asked_ns: int, received_ns: int, answered_ns: int, heard_ns: int) -> None:
        """Take one exchange: t0, t1, t2, t3."""
        highest, lowest = received_ns - asked_ns, answered_ns - heard_ns
        self._readings.append(
            ClockReading(
                offset_ns=(highest + lowest) // 2, error_ns=(highest - lowest + 1) // 2, at_ns=heard_ns
            )
        )

    def best(self, now_ns: int) -> ClockReading:
        """Return the tightest reading, with the error that it has now.

        Raises:
            ValueError: there was no exchange.
        """
        aged = (
            ClockReading(
                offset_ns=reading.offset_ns,
                error_ns=reading.error_ns + round(DRIFT * max(0, now_ns - reading.at_ns)),
                at_ns=reading.at_ns,
            )
            for reading in self._readings
        )
        return min(aged, key=lambda reading: reading.error_ns)

    def error_of(self, offset_ns: int, now_ns: int) -> int:
        """Return how far the true offset may be from one that is in use."""
        best = self.best(now_ns)
        return abs(best.offset_ns - offset_ns) + best.error_ns
