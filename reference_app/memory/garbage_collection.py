"""Garbage collection: what it costs, and a choice of thresholds by measurement on this Python.

A young collection looks at the containers that were made since the last one, a full one at all that there
are; every request under way waits for it. Freezing takes what the start made out of all collections.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

YOUNG_PAUSE_S = 0.001
"""What a young collection may take, if all that it looks at is alive."""
TRIAL_OBJECTS = 20_000
TRIALS = 3
"""The shortest counts: whatever else the machine does makes a trial longer, never shorter."""
LEAST_THRESHOLD, MOST_THRESHOLD = 700, 50_000
"""Python's own default, and what bounds the memory of cycles that wait for their collection."""
OLDER_THRESHOLDS = (20, 50)
"""A middle collection after 20 young ones, a full one after 50 middle ones: what stays is few and frozen."""
WARM_UP_REQUESTS = 1_000
"""By then modules are imported, statements prepared, and services made that are made when asked for."""


@dataclass(slots=True)
class GenerationPauses:
    """Pauses of the collections of one generation since the start."""

    count: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """How garbage is collected, and how long everything stood still for it."""

    thresholds: tuple[int, ...]
    frozen_count: int
    generations: tuple[GenerationPauses, ...]
    """The youngest first."""


class GarbageCollection(Protocol):
    """How one application collects its garbage."""

    def open(self) -> None:
        """Begin, when everything that lives as long as the server is made."""

    def close(self) -> None:
        """Leave the interpreter as it was."""

    def note_request(self) -> None:
        """Count a request."""

    def report(self) -> CollectionReport:
        """Tell what collections cost so far."""


class DefaultGarbageCollection:
    """Leaves all to Python; only measures, by a clock in seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._generations = tuple(GenerationPauses() for _ in gc.get_threshold())
        self._started_s = 0.0

    def open(self) -> None:
        """Measure from now on."""
        gc.callbacks.append(self._note)

    def close(self) -> None:
        """Measure no longer."""
        if self._note in gc.callbacks:
            gc.callbacks.remove(self._note)

    def note_request(self) -> None:
        """Do nothing."""

    def report(self) -> CollectionReport:
        """Tell what collections cost so far."""
        return CollectionReport(
            thresholds=gc.get_threshold(),
            frozen_count=gc.get_freeze_count(),
            generations=self._generations,
        )

    def _note(self, phase: str, info: dict[str, int]) -> None:
        # Called in the middle of any allocation, with everything stopped: no allocation of containers here.
        if phase == "start":
            self._started_s = self._clock()
            return
        pause_s = self._clock() - self._started_s
        generation = self._generations[info["generation"]]
        generation.count += 1
        generation.total_s += pause_s
        generation.longest_s = max(generation.longest_s, pause_s)


class GarbageCollectionOptimizer(DefaultGarbageCollection):
    """Freezes what start and warm-up made, and looks at new objects as seldom as a short pause allows."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(clock)
        self._kept_thresholds: tuple[int, int, int] | None = None
        self._requests_to_come = WARM_UP_REQUESTS

    def open(self) -> None:
        """Collect once, freeze all that is left, choose thresholds."""
        self._kept_thresholds = gc.get_threshold()
        gc.collect()
        gc.set_threshold(young_threshold(), *OLDER_THRESHOLDS)
        gc.freeze()
        super().open()

    def close(self) -> None:
        """Thaw, and set Python's own thresholds again."""
        super().close()
        if self._kept_thresholds is not None:
            gc.unfreeze()
            gc.set_threshold(*self._kept_thresholds)
            self._kept_thresholds = None

    def note_request(self) -> None:
        """Count a request; the last one of the warm-up pays for a collection of what the warm-up made."""
        self._requests_to_come -= 1
        if self._requests_to_come == 0:
            gc.collect()
            gc.freeze()


def young_threshold() -> int:
    """Return how many new containers a young collection can look at within YOUNG_PAUSE_S, on this machine."""
    return bounded_threshold(min(_pause_per_object_s() for _ in range(TRIALS)))


def bounded_threshold(pause_per_object_s: float) -> int:
    """Return the threshold for a pause per object, within LEAST_THRESHOLD and MOST_THRESHOLD."""
    return max(LEAST_THRESHOLD, min(MOST_THRESHOLD, int(YOUNG_PAUSE_S / pause_per_object_s)))


def _pause_per_object_s() -> float:
    """Time one young collection of containers that are all alive."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        gc.collect(0)
        kept = [[None] for _ in range(TRIAL_OBJECTS)]
        started_s = time.perf_counter()
        gc.collect(0)
        return (time.perf_counter() - started_s) / len(kept)
    finally:
        if was_enabled:
            gc.enable()
