"""What a campaign tells while it runs; the command line shows it, tests collect it."""

from typing import Protocol

from harness.model.plan import Round, Slice


class Progress(Protocol):
    """Someone who follows a run."""

    def say(self, text: str) -> None:
        """Take one sentence about a step that is no slice: a database is built, a server was left over."""

    def round_started(self, round_: Round) -> None:
        """Take note that a round begins."""

    def slice_started(self, round_: Round, slice_: Slice) -> None:
        """Take note that load on one variant begins."""

    def requests(self, sent: int, done: int) -> None:
        """Take note of the arrivals of the slice under way: how many were started and how many are done."""

    def slice_finished(self, round_: Round, slice_: Slice, *, request_count: int, failed_count: int) -> None:
        """Take note that a slice is over and stored."""
