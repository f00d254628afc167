"""What each round says of a change, one number: what whole rounds are flipped for (see westfall_young)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.measurement import Measurement, RoundRatio


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundChange:
    """One statistic's change, round by round; only statistics of which no round lacks a number."""

    endpoint: str
    metric: str
    stat: str
    values: tuple[float, ...]
    """Log ratios after/before; of shares the difference in percentage points, since they may be 0."""

    @property
    def is_share(self) -> bool:
        """True where the values are percentage points."""
        return self.stat == "share"


def round_changes(
    measurements: Sequence[Measurement], ratios: Sequence[RoundRatio], *, before: str, after: str
) -> Iterator[RoundChange]:
    """Yield the change of every statistic that all rounds know, in the order of the measurements."""
    rounds = sorted({measurement.round_index for measurement in measurements})
    sides: dict[tuple[str, str, str], dict[tuple[str, int], float]] = {}
    for found in measurements:
        if found.value is not None and found.variant_id in {before, after}:
            key = found.endpoint, found.metric, found.stat
            sides.setdefault(key, {})[found.variant_id, found.round_index] = found.value
    paired: dict[tuple[str, str, str], dict[int, float | None]] = {}
    for ratio in ratios:
        if (ratio.baseline, ratio.variant) == (before, after):
            key = ratio.endpoint, ratio.metric, ratio.stat
            paired.setdefault(key, {})[ratio.round_index] = ratio.log_ratio
    for key, values in sides.items():
        if key in paired:
            found_ratios = [paired[key].get(index) for index in rounds]
        else:
            found_ratios = [
                _difference(key[2], values.get((before, index)), values.get((after, index)))
                for index in rounds
            ]
        known = [ratio for ratio in found_ratios if ratio is not None]
        if known and len(known) == len(rounds):
            endpoint, metric, stat = key
            yield RoundChange(endpoint=endpoint, metric=metric, stat=stat, values=tuple(known))


def _difference(stat: str, before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    if stat == "share":
        return after - before
    return float(np.log(after / before)) if before > 0 and after > 0 else None
