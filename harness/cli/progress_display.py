"""Show a run while it goes on: a live bar on a terminal, a line for each round elsewhere."""

from collections.abc import Collection
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from harness.model.plan import Plan, Round, Slice
from harness.model.slice_summary import SliceSummary


class ProgressDisplay:
    """Follow a run of `plan` on standard error; a context manager.

    Args:
        plan: all that was planned.
        done: round and summary of the slices that were finished before, in a run that is resumed.
        console: where to show it; None for standard error.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        done: Collection[tuple[int, SliceSummary]] = (),
        console: Console | None = None,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._round_count = len(plan.rounds)
        self._request_count = 0
        self._failed_count = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal or not plan.rounds,
        )
        total_s = sum(slice_.duration_s for round_ in plan.rounds for slice_ in round_.slices)
        self._task = self._bar.add_task("getting ready", total=total_s)
        self._bar.advance(self._task, sum(summary.duration_s for _, summary in done))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Print one sentence above the bar."""
        self._console.print(text, markup=False)

    def round_started(self, round_: Round) -> None:
        """Name the round; where there is no bar, say how far the run is."""
        if not self._console.is_terminal:
            so_far = f"{self._request_count} requests, {self._failed_count} failed so far"
            self.say(f"round {round_.index} of {self._round_count} ({so_far})")
        self._bar.update(self._task, description=f"round {round_.index}/{self._round_count} starting servers")

    def slice_started(self, round_: Round, slice_: Slice) -> None:
        """Name the variant under load."""
        kind = "warm-up" if slice_.is_warm_up else f"couple {slice_.couple + 1}"
        what = "one request at a time" if slice_.is_precision else f"{kind}, {slice_.variant_id}"
        self._bar.update(self._task, description=f"round {round_.index}/{self._round_count} {what}")

    def requests(self, sent: int, done: int) -> None:
        """Nothing moves within a slice but the clock."""

    def slice_finished(self, round_: Round, slice_: Slice, *, request_count: int, failed_count: int) -> None:  # noqa: ARG002
        """Move the bar by the slice's length."""
        if not slice_.is_warm_up:
            self._request_count += request_count
            self._failed_count += failed_count
        self._bar.advance(self._task, slice_.duration_s)
