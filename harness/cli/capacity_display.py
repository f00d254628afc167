"""Show a capacity search while it goes on: a bar of time on a terminal, a line for each step everywhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from harness.model.plan import Plan, Round, Slice


class CapacityDisplay:
    """Follow a capacity run on standard error; a context manager."""

    def __init__(self, plan: Plan, minutes: float, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._round_count = len(plan.rounds)
        self._started_s = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TimeElapsedColumn(),
            TextColumn(f"of about {minutes:g} min"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("getting ready", total=60 * minutes)

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
        """Name the round."""
        self.say(f"round {round_.index} of {self._round_count}")

    def slice_started(self, round_: Round, slice_: Slice) -> None:
        """Name the variant under load."""
        self._move(f"round {round_.index}/{self._round_count} {slice_.variant_id}")

    def requests(self, sent: int, done: int) -> None:  # noqa: ARG002  - one of Progress
        """Move with the time."""
        self._move(None)

    def slice_finished(self, round_: Round, slice_: Slice, *, request_count: int, failed_count: int) -> None:
        """Tell what the step sent."""
        rate = request_count / slice_.duration_s
        failed = f", {failed_count} failed" if failed_count else ""
        step = f"  round {round_.index}, step {slice_.index + 1}: {slice_.variant_id}"
        self.say(f"{step}, {request_count} requests in {slice_.duration_s:.3g} s, {rate:.3g}/s{failed}")
        self._move(None)

    def _move(self, description: str | None) -> None:
        elapsed_s = time.monotonic() - self._started_s
        if description is None:
            self._bar.update(self._task, completed=elapsed_s)
        else:
            self._bar.update(self._task, completed=elapsed_s, description=description)
