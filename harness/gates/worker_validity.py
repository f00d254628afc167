"""Did the workers of a distributed generator measure as one? Only where there were any."""

from collections.abc import Sequence

from harness.model.slice_summary import SliceSummary
from harness.model.verdict import Check

MOST_CLOCK_ERROR_MS = 5.0
"""By which a worker's clock may be misread: its arrivals come that much early or late, as those of a late
generator do. Latencies do not suffer: each lies on one clock."""

MOST_MISREAD_SLICES = 0.10
"""Of the slices may cross that."""


def check_workers(slices: Sequence[SliceSummary]) -> tuple[Check, ...]:
    """Return the checks on workers; none where one process sent everything."""
    if not any(summary.report.workers for summary in slices):
        return ()
    return (_workers_lost(slices), _clock_alignment(slices))


def _workers_lost(slices: Sequence[SliceSummary]) -> Check:
    """A slice without one of its workers is none: the rate fell for a moment, and answers are missing."""
    hurt = [s for s in slices if any(worker.is_lost for worker in s.report.workers)]
    names = sorted({worker.id for s in hurt for worker in s.report.workers if worker.is_lost})
    lost = sum(summary.report.lost_arrivals for summary in hurt)
    detail = "Every worker was there to the end."
    if hurt:
        detail = (
            f"Lost: {', '.join(names)}. {len(hurt)} of {len(slices)} slices went on without, and {lost:,}"
            " arrivals have no answer. See the generator's log, and run it again."
        )
    return Check(id="workers-lost", ok=not hurt, value=float(len(names)), limit=0.0, detail=detail)


def _clock_alignment(slices: Sequence[SliceSummary]) -> Check:
    errors = [
        max((worker.error_ns for worker in summary.report.workers), default=0) / 1e6 for summary in slices
    ]
    share = sum(error > MOST_CLOCK_ERROR_MS for error in errors) / len(errors)
    ok = share <= MOST_MISREAD_SLICES
    detail = f"The workers' clocks were read to within {max(errors):.2g} ms."
    if not ok:
        detail += f" {MOST_CLOCK_ERROR_MS:g} ms are allowed: use workers that are nearer, or less busy."
    return Check(id="clock-alignment", ok=ok, value=share, limit=MOST_MISREAD_SLICES, detail=detail)
