"""A schedule without an end: planned is what was due when someone stopped it."""

from collections.abc import Iterator

from harness.model.plan import Arrival


class EndlessSchedule:
    """The arrivals of a test that goes on until it is stopped; its length is what was due by then."""

    def __init__(self, arrivals: Iterator[Arrival]) -> None:
        self._arrivals = enumerate(arrivals)
        self._taken: tuple[int, int] = (0, -1)
        """Index and offset of the arrival that was taken last."""
        self._due = 0

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        for index, arrival in self._arrivals:
            self._taken = (index, arrival.offset_ns)
            yield index, arrival.offset_ns, arrival.seed

    def __len__(self) -> int:
        return self._due

    def end(self, offset_ns: int) -> None:
        """Note that the test is stopped: arrivals up to this offset were due, sent or not."""
        index, taken_ns = self._taken
        while taken_ns <= offset_ns:
            following = next(self._arrivals, None)
            if following is None:
                index += 1
                break
            index, taken_ns = following[0], following[1].offset_ns
        self._due = index
