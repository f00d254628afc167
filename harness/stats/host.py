"""How busy the machine was during a stretch of time, from looks at it every half second."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.stats.columns import FloatArray, IntArray, ProcessReadings


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReadings:
    """What was seen of the machine during one round, one row a look, in time order."""

    at_ns: IntArray
    cpu_share: FloatArray
    """Of all cores, since the look before; the same for the one below."""
    steal_share: FloatArray


def disturbance(
    readings: HostReadings, spans: Sequence[tuple[int, int]], *, own: Sequence[ProcessReadings], cores: int
) -> float | None:
    """Return how many cores others took from us over some spans: stolen time and foreign processes.

    Args:
        readings: looks at the whole machine.
        spans: start and end of the slices of a couple.
        own: looks at the processes that belong to the measurement. The database's are not among them: it
            counts as foreign, for both variants of a couple together.
        cores: of the machine.

    Returns:
        None where nobody looked.
    """
    total_s = sum(end - start for start, end in spans) / 1e9
    shares = [mean_shares(readings, start, end) for start, end in spans]
    if total_s <= 0 or any(share is None for share in shares):
        return None
    taken_s = sum(
        cores * (share[0] + share[1]) * (end - start) / 1e9
        for share, (start, end) in zip(shares, spans, strict=True)
        if share is not None
    )
    own_s = sum(_cpu_between(one, start, end) for one in own for start, end in spans)
    return max(0.0, taken_s - own_s) / total_s


def _cpu_between(readings: ProcessReadings, start: int, end: int) -> float:
    if readings.at_ns.size < 2:
        return 0.0
    low, high = np.interp((start, end), readings.at_ns, readings.cpu_s)
    return float(high - low)


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
