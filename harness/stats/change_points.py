"""When did a number change for good? Change points in the history of a KPI.

Penalized segmentation (PELT: Killick, Fearnhead, Eckley 2012, doi 10.1080/01621459.2012.737745) proposes
where the level steps; a proposal stands only if the runs on both its sides differ beyond chance.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ruptures import Pelt

from harness.stats.rank_sum import rank_sum_interval

LEAST_RUNS = 10
"""Fewer cannot tell a step from luck."""
SHORTEST_SEGMENT = 4
"""Runs on a side of a step; 4 and 6 are the fewest that an exact 99 % interval can be made of."""
CONFIDENCE = 0.99
_PENALTY = 3.0
"""Times log(n), in variances of the noise; its unit test counts the false alarms."""


def change_points(values: Sequence[float]) -> tuple[int, ...]:
    """Return the positions at which a new level begins; none where there are fewer than LEAST_RUNS values.

    Args:
        values: one a run, all positive or all on a scale of their own; NaN is not allowed.
    """
    if len(values) < LEAST_RUNS:
        return ()
    series = np.asarray(values, dtype=np.float64)
    signal = np.log(series) if np.all(series > 0) else series
    noise = _noise(signal)
    if noise == 0:
        return _steps(signal)
    smooth = _without_odd_runs(signal) / noise
    model = Pelt(model="l2", min_size=SHORTEST_SEGMENT, jump=1).fit(smooth.reshape(-1, 1))
    ends = model.predict(pen=_PENALTY * np.log(signal.size))
    return _significant(signal, [0, *ends])


def _significant(signal: npt.NDArray[np.float64], bounds: list[int]) -> tuple[int, ...]:
    """Keep a step where the interval of its size, over the runs on both sides, leaves out zero."""
    kept = []
    for start, at, end in zip(bounds, bounds[1:], bounds[2:], strict=False):
        shift = rank_sum_interval(signal[start:at], signal[at:end], CONFIDENCE)
        if shift is not None and (shift.low > 0 or shift.high < 0):
            kept.append(at)
    return tuple(kept)


def _without_odd_runs(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Take the median of each run and its neighbours: one odd run goes, a step stays where it is."""
    padded = np.concatenate((signal[:1], signal, signal[-1:]))
    medians: npt.NDArray[np.float64] = np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    return medians


def _noise(signal: npt.NDArray[np.float64]) -> float:
    """Estimate the noise's standard deviation from the steps between neighbours, most of which are noise."""
    steps = np.diff(signal)
    spread = np.median(np.abs(steps - np.median(steps)))
    return float(spread / 0.6745 / np.sqrt(2))


def _steps(signal: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """Find the steps of a number without noise, a count for one: any change is one."""
    return tuple(int(at) + 1 for at in np.flatnonzero(np.diff(signal)))
