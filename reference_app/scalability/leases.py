"""Leases: so many at once, first come first served, nobody waits for ever; and who holds one since when."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from reference_app.monitoring.request_timings import current_request

SUSPECT_S = 30.0
"""A lease that is held for longer is taken for leaked: no request and no statement may take that long."""
SHOWN_COUNT = 10
_OURS = Path(__file__).resolve().parents[1]


class AcquisitionTimeoutError(Exception):
    """Nothing became free in time."""


class Lease:
    """The right to use one of something, until it is returned."""

    __slots__ = ("_leases", "holder", "since_s", "task")

    def __init__(self, leases: "Leases", since_s: float) -> None:
        self._leases = leases
        self.since_s = since_s
        self.task = asyncio.current_task()
        self.holder = current_request()

    def end(self) -> None:
        """Give it back."""
        self._leases._returned(self)  # noqa: SLF001 - its other half


class Leases:
    """Lends, one after another in the order in which they ask, to as many as may hold one at once."""

    def __init__(
        self,
        name: str,
        size: int,
        timeout_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_starved: Callable[[str], None] = lambda _: None,
        on_served: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.size = size
        self._timeout_s = timeout_s
        self._clock = clock
        self._on_starved = on_starved
        self._on_served = on_served
        self._free = size
        self._held: dict[Lease, None] = {}
        """In the order in which they were lent."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_starved = False
        self._lent_count = 0
        self._timeout_count = 0
        self._longest_wait_s = 0.0

    async def acquire(self) -> Lease:
        """Wait for the right; behind all who wait already.

        Raises:
            AcquisitionTimeoutError: nobody returned one in time.
        """
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait()
        lease = Lease(self, self._clock())
        self._held[lease] = None
        self._lent_count += 1
        return lease

    def oldest(self) -> Iterator[dict[str, Any]]:
        """Tell who holds one since when, and where they are; whoever has held one for longest comes first."""
        now_s = self._clock()
        for lease in self._held:
            held_s = now_s - lease.since_s
            yield {
                "holder": lease.holder or (lease.task.get_name() if lease.task else "no task"),
                "held_s": round(held_s, 3),
                "place": _place(lease.task),
                "is_suspect": held_s > SUSPECT_S or lease.task is None or lease.task.done(),
            }

    def snapshot(self) -> dict[str, Any]:
        """Show who holds one, who waits, and counts since the start, as JSON."""
        holders = list(self.oldest())
        return {
            "size": self.size,
            "held_count": len(holders),
            "waiting_count": len(self._waiting),
            "lent_count": self._lent_count,
            "timeout_count": self._timeout_count,
            "longest_wait_ms": round(self._longest_wait_s * 1e3, 3),
            "suspect_count": sum(holder["is_suspect"] for holder in holders),
            "oldest_holders": holders[:SHOWN_COUNT],
        }

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        started_s = self._clock()
        try:
            async with asyncio.timeout(self._timeout_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self._next()  # it was this one's turn in the same moment
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise self._starved() from None
            raise
        self._longest_wait_s = max(self._longest_wait_s, self._clock() - started_s)

    def _starved(self) -> AcquisitionTimeoutError:
        self._timeout_count += 1
        self._is_starved = True
        longest = next(self.oldest(), None)
        held = f"; {longest['holder']} has held one for {longest['held_s']:.1f} s" if longest else ""
        sentence = f"None of {self.size} became free in {self._timeout_s:g} s{held}."
        self._on_starved(sentence)
        return AcquisitionTimeoutError(f"{self.name}: {sentence}")

    def _returned(self, lease: Lease) -> None:
        if lease in self._held:
            del self._held[lease]
            self._next()

    def _next(self) -> None:
        """Give a free right to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who gave up in this moment is passed by
                turn.set_result(None)
                return
        self._free += 1
        if self._is_starved:
            self._is_starved = False
            self._on_served()


@contextmanager
def ended(lease: Lease) -> Iterator[None]:
    """Give a lease back when the block ends."""
    try:
        yield
    finally:
        lease.end()


def _place(task: "asyncio.Task[Any] | None") -> str | None:
    """Find the innermost line of our own code at which a task waits; None if it has ended."""
    place, step = None, task.get_coro() if task else None
    while step is not None:
        frame = _frame(step)
        if frame is not None and _OURS in Path(frame.f_code.co_filename).parents:
            place = f"{Path(frame.f_code.co_filename).relative_to(_OURS).as_posix()}:{frame.f_lineno}"
        step = next(
            (
                found
                for kind in ("cr_await", "gi_yieldfrom", "ag_await")
                if (found := getattr(step, kind, None))
            ),
            None,
        )
    return place


def _frame(step: object) -> FrameType | None:
    frames = (getattr(step, kind, None) for kind in ("cr_frame", "gi_frame", "ag_frame"))
    return next((frame for frame in frames if isinstance(frame, FrameType)), None)
