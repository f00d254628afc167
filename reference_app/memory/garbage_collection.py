"""Garbage collection: what it costs, and a choice of thresholds by measurement on this Python.

A young collection looks at the containers that were made since the last one, a full one at all that there
are; every request under way waits for it. Freezing takes what is there out of all later collections.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from reference_app.monitoring.durations import Durations

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
    """Pauses of the collections of one generation."""

    durations: Durations = field(default_factory=Durations)
    longest_s: float = 0.0

    def note(self, pause_s: float) -> None:
        """Count one."""
        self.durations.note(pause_s)
        self.longest_s = max(self.longest_s, pause_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionStretch:
    """A time in which garbage was collected in one way, and how long everything stood still for it."""

    thresholds: tuple[int, ...]
    generations: tuple[GenerationPauses, ...]
    """The youngest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """How garbage is collected now, and how it was before."""

    now: CollectionStretch
    before: CollectionStretch | None
    """Python's own way, until it was changed; None: it was not."""
    frozen_count: int


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
        self._before: CollectionStretch | None = None
        self._now = _stretch()
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
        return CollectionReport(now=self._now, before=self._before, frozen_count=gc.get_freeze_count())

    def _note(self, phase: str, info: dict[str, int]) -> None:
        # Called in the middle of any allocation, with everything stopped.
        if phase == "start":
            self._started_s = self._clock()
        else:
            self._now.generations[info["generation"]].note(self._clock() - self._started_s)


class GarbageCollectionOptimizer(DefaultGarbageCollection):
    """Freezes what start and warm-up made, and looks at new objects as seldom as a short pause allows.

    Until then Python's own way is measured, so that each server shows what the change is worth to it.

    Args:
        choose: answers the thresholds; asked once, before the first request.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        choose: Callable[[], tuple[int, int, int]] = lambda: (young_threshold(), *OLDER_THRESHOLDS),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(clock)
        self._choose = choose
        self._chosen = self._kept = gc.get_threshold()
        self._requests_to_come = WARM_UP_REQUESTS

    def open(self) -> None:
        """Choose thresholds, and measure from now on."""
        self._chosen = self._choose()
        super().open()

    def close(self) -> None:
        """Thaw, and set Python's own thresholds again."""
        super().close()
        if self._before is not None:
            gc.unfreeze()
            gc.set_threshold(*self._kept)

    def note_request(self) -> None:
        """Count a request; the last one of the warm-up pays for a collection of all there is."""
        self._requests_to_come -= 1
        if self._requests_to_come == 0:
            self._before, self._now = self._now, _stretch()
            gc.collect()
            gc.freeze()
            gc.set_threshold(*self._chosen)
            self._now = _stretch()  # what this collection took belongs to neither way


def _stretch() -> CollectionStretch:
    """Begin to record, with the thresholds of this moment."""
    thresholds = gc.get_threshold()
    return CollectionStretch(thresholds=thresholds, generations=tuple(GenerationPauses() for _ in thresholds))


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
