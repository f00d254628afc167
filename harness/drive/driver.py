"""LoadDriver: whatever can send one slice of load and write its samples."""

from collections.abc import Callable, Sequence
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

    def close(self) -> None:
        """Leave nothing behind; further calls do nothing."""
        ...
