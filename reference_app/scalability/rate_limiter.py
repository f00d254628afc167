"""AdvancedRateLimiter: what is added to counting (GCRA, middleware/request_counts.py) for who has a quota.

- **Adaptive.** A machine under pressure halves every quota of a key tier, its burst too, until it is well.
  GCRA keeps one moment for each caller, which tells the used *share* of a quota: halving it keeps the share,
  in Redis too.
- **At the door.** Who has just been refused is refused again, for at most a second, before anything else is
  done: an abuser costs a look into a dict. GCRA counts no refused request, so counting would say the same.
- **At once.** A tier says how many requests of a caller may be under way at the same time, on one instance.

Without a key tier nobody was promised a quota: one ceiling guards against runaways; pressure lowers it not.
Pure: a clock that is given, and readings of the machine that are handed in.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachebox import LRUCache

PRESSURE_FACTOR = 0.5
CPU_HIGH, CPU_LOW = 80.0, 50.0
MEMORY_HIGH, MEMORY_LOW = 85.0, 70.0
"""Percent: above a high one pressure begins, below both low ones it ends."""
LOOK_AGAIN_S = 1.0
"""Who was refused is counted again at the latest after this time: a quota may have been raised meanwhile."""
MAX_REFUSED = 10_000
REFUSAL_BYTES = 1_000
"""A token of 250 bytes, an allowance and a count, with their places in the dict."""


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the machine is, in percent."""

    cpu_percent: float
    memory_percent: float


class Pressure:
    """Turns readings into a factor, with a gap between begin and end so that it does not flutter."""

    def __init__(self) -> None:
        self.load: Load | None = None
        self.is_on = False
        self.change_count = 0

    @property
    def factor(self) -> float:
        """What a quota is multiplied by."""
        return PRESSURE_FACTOR if self.is_on else 1.0

    def note(self, load: Load) -> None:
        """Take a reading."""
        self.load = load
        was_on = self.is_on
        if load.cpu_percent > CPU_HIGH or load.memory_percent > MEMORY_HIGH:
            self.is_on = True
        elif load.cpu_percent < CPU_LOW and load.memory_percent < MEMORY_LOW:
            self.is_on = False
        self.change_count += self.is_on is not was_on


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing(Generic[T]):
    """A refusal that still holds: what was refused, and when."""

    refused: T
    at_s: float
    ends_at_s: float


class Refusals(Generic[T]):
    """Remembers the newest refusal of each key for a moment; the one unused for longest goes first."""

    def __init__(self, clock: Callable[[], float], most: int = MAX_REFUSED) -> None:
        self._clock = clock
        self._standing: LRUCache[Hashable, Standing[T]] = LRUCache(most)

    def note(self, key: Hashable, refused: T, retry_after_s: float) -> None:
        """Remember a refusal until the next request would be admitted, and not longer than a second."""
        now = self._clock()
        self._standing.insert(key, Standing(refused, now, now + min(retry_after_s, LOOK_AGAIN_S)))

    def find(self, key: Hashable) -> Standing[T] | None:
        """Find a refusal that still holds."""
        standing = self._standing.get(key)
        return standing if standing is not None and self._clock() < standing.ends_at_s else None

    def __len__(self) -> int:
        return len(self._standing)


class UnderWay:
    """Counts the requests of each caller that are under way; only those who have any take memory."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def enter(self, caller: str, most: int) -> bool:
        """Count one more, or answer False and count nothing."""
        count = self._counts.get(caller, 0)
        if count >= most:
            return False
        self._counts[caller] = count + 1
        return True

    def leave(self, caller: str) -> None:
        """Count one less."""
        count = self._counts[caller] - 1
        if count:
            self._counts[caller] = count
        else:
            del self._counts[caller]

    def __len__(self) -> int:
        return len(self._counts)


class AdvancedRateLimiter(Generic[T]):
    """The three together, and what they show."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.pressure = Pressure()
        self.refusals: Refusals[T] = Refusals(clock)
        self.under_way = UnderWay()
        self.refused_count = 0
        self.refused_at_door_count = 0

    def refuse(self, key: Hashable, refused: T, retry_after_s: float) -> None:
        """Count a refusal and remember it."""
        self.refused_count += 1
        self.refusals.note(key, refused, retry_after_s)

    def adapted(self, quota: int) -> int:
        """Tell what is left of a quota under pressure: at least one request."""
        return max(1, int(quota * self.pressure.factor))

    def snapshot(self) -> dict[str, Any]:
        """Tell the pressure and the refusals."""
        load = self.pressure.load
        return {
            "factor": self.pressure.factor,
            "pressure_change_count": self.pressure.change_count,
            "cpu_percent": None if load is None else round(load.cpu_percent, 1),
            "memory_percent": None if load is None else round(load.memory_percent, 1),
            "refused_count": self.refused_count,
            "refused_at_door_count": self.refused_at_door_count,
            "remembered_refusal_count": len(self.refusals),
            "callers_under_way_count": len(self.under_way),
        }
