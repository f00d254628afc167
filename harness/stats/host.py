"""How busy the machine was during a stretch of time, from looks at it every half second."""

from dataclasses import dataclass

import numpy as np

from harness.stats.columns import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReadings:
    """What was seen of the machine during one round, one row a look, in time order."""

    at_ns: IntArray
    cpu_share: FloatArray
    """Of all cores, since the look before; the same for the one below."""
    steal_share: FloatArray


def mean_shares(readings: HostReadings, started_ns: int, ended_ns: int) -> tuple[float, float] | None:
    """Return the mean busy and stolen share from start to end; None where nobody looked."""
    if readings.at_ns.size < 2:
        return None
    starts, ends = readings.at_ns[:-1], readings.at_ns[1:]
    overlap = np.clip(np.minimum(ends, ended_ns) - np.maximum(starts, started_ns), 0, None)
    if not overlap.any():
        return None
    return (
        float(np.average(readings.cpu_share[1:], weights=overlap)),
        float(np.average(readings.steal_share[1:], weights=overlap)),
    )
