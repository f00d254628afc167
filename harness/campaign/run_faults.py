"""Carry out a timeline of faults while a slice is under way, and undo them whatever happens."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from harness.errors import KpibenchError
from harness.model.fault import Fault, FaultMark, Overload
from harness.model.slice_summary import GeneratorReport
from harness.target.fault_action import Breaker

_T = TypeVar("_T")

_FAILURES = (KpibenchError, OSError, subprocess.SubprocessError)
"""What carrying out an action may raise: the slice is then invalid, and the run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """A fault, and what carries it out on the slice's variant."""

    fault: Fault
    breaker: Breaker


def run_with_faults(
    planned: Sequence[PlannedFault], send: Callable[[], GeneratorReport]
) -> tuple[GeneratorReport, tuple[FaultMark, ...]]:
    """Send a slice and carry out its faults meanwhile, in order of time.

    The load is sent from a thread of its own and the faults come from the caller's: what they start again
    lives as long as the thread that started it. Times count from the moment at which the slice was asked for,
    which the generator follows within milliseconds; the marks say when each fault really was. What is still
    broken when the slice ends, fails or is interrupted is undone before this returns or raises.

    Returns:
        What the generator reported, and a mark for each fault; those that could not be carried out say why.

    Raises:
        MeasurementError: the slice could not be sent.
    """
    if not planned:
        return send(), ()
    sending = _Background(send)
    asked_s = time.monotonic()
    under_way = [_UnderWay(planned=one) for one in planned]
    try:
        for due_s, act in _timeline(under_way):
            if sending.is_done.wait(max(0.0, asked_s + due_s - time.monotonic())):
                break
            act()
        report = sending.result()
    finally:
        for one in under_way:
            one.undo()
    return report, tuple(one.mark(report) for one in under_way)


def _timeline(under_way: "Sequence[_UnderWay]") -> list[tuple[float, Callable[[], None]]]:
    """Return what is due when; where one fault ends as the next begins, the undo comes first."""
    moments = [
        moment
        for one in under_way
        for moment in ((one.planned.fault.at_s, 1, one.start), (one.planned.fault.end_s, 0, one.undo))
    ]
    return [(due_s, act) for due_s, _, act in sorted(moments, key=lambda moment: moment[:2])]


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    """One fault of the slice that is under way."""

    planned: PlannedFault
    is_broken: bool = False
    started_ns: int = 0
    ended_ns: int = 0
    errors: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.started_ns = time.monotonic_ns()
        self.is_broken = True
        self._try("injected", self.planned.breaker.start)

    def undo(self) -> None:
        """Mend it; where that fails it stays to be undone, and the end of the slice tries again."""
        if self.is_broken:
            self.is_broken = not self._try("undone", self.planned.breaker.undo)
            self.ended_ns = time.monotonic_ns()

    def _try(self, what: str, act: Callable[[], None]) -> bool:
        try:
            act()
        except _FAILURES as error:
            told = error.message if isinstance(error, KpibenchError) else str(error)
            self.errors.append(f"could not be {what}: {told}")
            return False
        return True

    def mark(self, report: GeneratorReport) -> FaultMark:
        fault = self.planned.fault
        if isinstance(fault.action, Overload):  # the schedule is the fault
            return FaultMark(
                fault=fault.id,
                started_ns=report.started_ns + round(fault.at_s * 1e9),
                ended_ns=report.started_ns + round(fault.end_s * 1e9),
            )
        mark = FaultMark(fault=fault.id, started_ns=self.started_ns, ended_ns=self.ended_ns)
        if not self.started_ns:
            return replace(mark, error="the slice was over before it was due")
        return replace(mark, error="; ".join(self.errors))


class _Background(Generic[_T]):
    """Runs a function in a thread of its own; what it raises is raised by `result`."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self.is_done = threading.Event()
        self._function = function
        self._found: list[_T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="slice", daemon=True).start()

    def _run(self) -> None:
        try:
            self._found.append(self._function())
        except BaseException as error:  # noqa: BLE001  - raised again where somebody waits for it
            self._error = error
        finally:
            self.is_done.set()

    def result(self) -> _T:
        """Wait for the end and return what came of it."""
        self.is_done.wait()
        if self._error is not None:
            raise self._error
        return self._found[0]
