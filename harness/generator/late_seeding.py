"""Random generators that do the work of being seeded at their first draw: many arrivals never draw.

Seeding Python's generator fills 624 words, which takes as long as a tenth of a request.
"""

import os
import random
from typing import Any


class LateSeeded(random.Random):
    """Draws what `random.Random` draws from the same seed."""

    _seed_to_come: int | None = None

    def seed_later(self, seed: int) -> None:
        """Be as if seeded now."""
        self._seed_to_come = seed
        self.gauss_next: float | None = None  # normal draws come in twos: that of another seed is void

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Seed at once, as `random.Random` does."""
        self._seed_to_come = None
        super().seed(a, version)

    def random(self) -> float:
        """Return a number from 0 up to 1; with `getrandbits` what all other draws are made of."""
        if self._seed_to_come is not None:
            self.seed(self._seed_to_come)
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        """Return an integer of k random bits."""
        if self._seed_to_come is not None:
            self.seed(self._seed_to_come)
        return super().getrandbits(k)

    def getstate(self) -> tuple[Any, ...]:
        """Return the state after the seeding."""
        if self._seed_to_come is not None:
            self.seed(self._seed_to_come)
        return super().getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        """Take on a state, whatever seed was to come."""
        self._seed_to_come = None
        super().setstate(state)


_shared: LateSeeded | None = None


def share_late_seeded() -> None:
    """Let `random.random()`, `random.choice()` and so on draw from a LateSeeded.

    Whoever imported one of these functions by its name before keeps what he has: call it first of all.
    """
    global _shared
    replaced, _shared = random._inst, LateSeeded()  # noqa: SLF001
    for name, function in vars(random).copy().items():
        if getattr(function, "__self__", None) is replaced:
            setattr(random, name, getattr(_shared, name))
    random._inst = _shared  # noqa: SLF001
    os.register_at_fork(after_in_child=_shared.seed)  # as Python does with its own


def seed_shared(seed: int) -> None:
    """Seed what `random.random()` and its like draw from."""
    if _shared is None:
        random.seed(seed)
    else:
        _shared.seed_later(seed)
