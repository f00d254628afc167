"""LoadDriver: whatever can send one slice of load and write its samples."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.model.plan import Arrival, ClosedLoop
from harness.model.slice_summary import GeneratorReport

ProgressListener = Callable[[int, int], None]
"""Called about once a second with the arrivals sent and the arrivals done."""


def ignore_progress(sent: int, done: int) -> None:
    """Listen to no progress."""


class LoadDriver(Protocol):
    """Sends slices to the targets of a round, one at a time."""

    @property
    def pid(self) -> int | None:
        """The process that sends the load, for the probes; None where there is none."""
        ...

    def run_slice(
        self,
        target: str,
        arrivals: Sequence[Arrival],
        *,
        duration_s: float,
        samples: Path,
        drain_s: float,
        closed_loop: ClosedLoop | None = None,
        on_progress: ProgressListener = ignore_progress,
    ) -> GeneratorReport:
        """Send the arrivals to `target`, wait up to `drain_s` for the last answers, and write the samples.

        In a closed loop there are no arrivals to be given: its users make them.

        Raises:
            MeasurementError: the slice could not be carried out; a message names the cause.
        """
        ...

    def take_turns(
        self,
        arrivals: Sequence[Arrival],
        orders: Sequence[Sequence[str]],
        *,
        samples: Mapping[str, Path],
        limit_s: float,
        drain_s: float,
        on_progress: ProgressListener = ignore_progress,
    ) -> dict[str, GeneratorReport]:
        """Send each arrival to every target, one at a time and right after each other, and write the samples.

        Args:
            arrivals: their offsets do not matter: each comes when the one before is done.
            orders: of each arrival, the targets in the order in which they get it.
            samples: the file of each target.
            limit_s: no new arrival begins so long after the first.
            drain_s: how long one arrival may take.
            on_progress: is told of one target's arrivals.

        Raises:
            MeasurementError: it could not be carried out; a message names the cause.
        """
        ...

    def close(self) -> None:
        """Leave nothing behind; further calls do nothing."""
        ...
