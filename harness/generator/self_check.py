"""What the generator must know about itself before anyone believes its numbers."""

import logging
import time
from collections.abc import Sequence
from random import Random

import gevent
import numpy as np
from numpy.typing import NDArray

from harness.gates.validity import MOST_GENERATOR_CORES, MOST_LAG_MS
from harness.model.slice_summary import Spread

logger = logging.getLogger(__name__)

LATE_NS = 5_000_000
"""An arrival whose first send comes later than this after its planned time is late."""
_LOOK_EVERY_S = 1.0
_MEAN_PAUSE_S = 0.02
"""Fifty beats a second: enough for a p99 in a slice of two seconds, at a few thousandths of a core."""


class Heartbeat:
    """Wakes up at Poisson times, as requests do, and notes how late the event loop lets it."""

    def __init__(self, rng: Random) -> None:
        self.lags_ns: list[int] = []
        self.last_ns = time.monotonic_ns()
        """When it woke up last."""
        self._rng = rng
        self._greenlet = gevent.spawn(self._beat)

    def stop(self) -> None:
        """End it."""
        self._greenlet.kill()

    def _beat(self) -> None:
        while True:
            pause_s = self._rng.expovariate(1 / _MEAN_PAUSE_S)
            planned_ns = time.monotonic_ns() + round(pause_s * 1e9)
            gevent.sleep(pause_s)
            self.last_ns = time.monotonic_ns()
            self.lags_ns.append(max(0, self.last_ns - planned_ns))


class Watch:
    """Looks at the generator each second from the first one on, and says once what is wrong with it."""

    def __init__(self, start_lags_ns: list[int], loop_lags_ns: list[int]) -> None:
        """Watch lists of lags that grow.

        Args:
            start_lags_ns: first send minus planned time, one an arrival.
            loop_lags_ns: those of the heartbeat.
        """
        self._lags_ns = {"start arrivals": start_lags_ns, "wake up": loop_lags_ns}
        self._seen = dict.fromkeys(self._lags_ns, 0)
        self._told: set[str] = set()
        self._greenlet = gevent.spawn(self._look_regularly)

    def stop(self) -> None:
        """End it."""
        self._greenlet.kill()

    def _look_regularly(self) -> None:
        while True:
            cpu = CpuClock()
            gevent.sleep(_LOOK_EVERY_S)
            share = cpu.share()
            if share > MOST_GENERATOR_CORES:
                self._tell("CPU", f"The generator used {100 * share:.0f} % of a core within a second")
            for what, lags_ns in self._lags_ns.items():
                latest, self._seen[what] = lags_ns[self._seen[what] :], len(lags_ns)
                lag_ms = spread_ms(latest).p99
                if lag_ms > MOST_LAG_MS:
                    self._tell(what, f"The generator was {lag_ms:.0f} ms late to {what} within a second")

    def _tell(self, kind: str, sentence: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            logger.warning("%s: if that goes on, lower the rate or use more workers.", sentence)


class CpuClock:
    """CPU time of this process against wall time, in cores."""

    def __init__(self) -> None:
        self._cpu_ns = time.process_time_ns()
        self._wall_ns = time.monotonic_ns()

    def share(self) -> float:
        """Return the share since it was made."""
        wall_ns = time.monotonic_ns() - self._wall_ns
        return (time.process_time_ns() - self._cpu_ns) / wall_ns if wall_ns else 0.0


def spread_ms(lags_ns: Sequence[int] | NDArray[np.int64]) -> Spread:
    """Return three points of the lags in milliseconds; zeros where there are none."""
    if not len(lags_ns):
        return Spread(p50=0.0, p99=0.0, max=0.0)
    p50, p99, largest = np.quantile(np.asarray(lags_ns, dtype=np.float64) / 1e6, [0.5, 0.99, 1.0])
    return Spread(p50=float(p50), p99=float(p99), max=float(largest))
