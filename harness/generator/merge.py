"""One slice of several workers: what each was given, what came back, and the one result."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.generator.recorder import BatchStream
from harness.generator.self_check import LATE_NS, spread_ms
from harness.generator.shipping import Shipment, unpack, unpacked_lags
from harness.generator.split import PlannedArrival
from harness.model.slice_summary import GeneratorReport, WorkerReport

HANDOVER_NS = 300_000_000
"""A lost worker's arrivals that are due later than this are given to the others; the rest are lost."""

_NO_LAGS: NDArray[np.int64] = np.empty(0, dtype=np.int64)


@dataclass(slots=True, kw_only=True)
class _Part:
    """One worker's part in the slice."""

    arrivals: list[PlannedArrival] = field(default_factory=list)
    offset_ns: int = 0
    error_ns: int = 0
    shipment_count: int = 0
    row_count: int = 0
    failed_count: int = 0
    sent_arrivals: int = 0
    done_arrivals: int = 0
    dropped_arrivals: int = 0
    begun_lags_ns: list[NDArray[np.int64]] = field(default_factory=list)
    loop_lags_ns: NDArray[np.int64] = field(default_factory=_NO_LAGS.copy)
    report: GeneratorReport | None = None
    """On the worker's own clock; None until its slice is over."""
    is_lost: bool = False

    @property
    def is_over(self) -> bool:
        """True when nothing more is to come of it."""
        return self.is_lost or self.report is not None


class SliceMerge:
    """Merges the rows of all workers into one stream, and what they say of themselves into one report.

    Whatever a lost worker had delivered is kept, and nothing that it delivers later is taken. Spreads come
    from the workers' raw values: percentiles cannot be merged.
    """

    def __init__(self, stream: BatchStream, *, slice_index: int, workers: Sequence[str]) -> None:
        self._stream = stream
        self._slice_index = slice_index
        self._parts = {worker: _Part() for worker in workers}
        self._started_ns = 0
        self._sent_ns: list[NDArray[np.int64]] = []
        self._finished_ns: list[NDArray[np.int64]] = []

    def start(self, started_ns: int) -> None:
        """Note the moment from which the arrivals count, on the master's clock."""
        self._started_ns = started_ns

    @property
    def is_over(self) -> bool:
        """True when every worker has reported its end or is lost."""
        return all(part.is_over for part in self._parts.values())

    def has_finished(self, worker: str) -> bool:
        """Return whether a worker has reported its end or is lost."""
        return self._parts[worker].is_over

    @property
    def sent_arrivals(self) -> int:
        """Arrivals that were sent so far, as far as is known."""
        return sum(part.sent_arrivals for part in self._parts.values())

    @property
    def done_arrivals(self) -> int:
        """Arrivals that are done so far."""
        return sum(part.done_arrivals for part in self._parts.values())

    def assign(self, worker: str, arrivals: Sequence[PlannedArrival]) -> None:
        """Note what a worker is to send, beside what it has already."""
        self._parts[worker].arrivals += arrivals

    def note_clock(self, worker: str, *, offset_ns: int, error_ns: int) -> None:
        """Note the clock offset in use, and how wrong it may be at this moment."""
        part = self._parts[worker]
        part.offset_ns = offset_ns
        part.error_ns = max(part.error_ns, error_ns)

    def take(self, worker: str, shipment: Shipment) -> None:
        """Store the rows of a shipment; one that is not the worker's next one is not taken."""
        part = self._parts[worker]
        if part.is_over or shipment.slice != self._slice_index or shipment.number != part.shipment_count:
            return
        part.shipment_count += 1
        for packed in shipment.batches:
            for batch in unpack(packed):
                self._store(part, batch)
        part.begun_lags_ns.append(unpacked_lags(shipment.begun_lags_ns))
        part.sent_arrivals = shipment.sent_arrivals
        part.done_arrivals = shipment.done_arrivals
        part.dropped_arrivals = shipment.dropped_arrivals

    def finish(self, worker: str, report: GeneratorReport, loop_lags_ns: NDArray[np.int64]) -> None:
        """Note that a worker's slice is over, and what it reports itself."""
        part = self._parts[worker]
        if not part.is_over:
            part.report, part.loop_lags_ns = report, loop_lags_ns

    def lose(self, worker: str, now_ns: int) -> list[PlannedArrival]:
        """Note that a worker is gone; return the arrivals that others can still send in time."""
        part = self._parts[worker]
        if part.is_over:
            part.is_lost = True
            return []
        part.is_lost = True
        due_ns = now_ns + HANDOVER_NS - self._started_ns if self._started_ns else 0
        later = [arrival for arrival in part.arrivals if arrival[1] >= due_ns]
        part.arrivals = part.arrivals[: len(part.arrivals) - len(later)]
        return later

    def report(self, *, master_cpu_share: float) -> GeneratorReport:
        """Return the whole slice as one generator's."""
        parts = list(self._parts.values())
        reports = [part.report for part in parts if part.report]
        lags_ns = _joined([lags for part in parts for lags in part.begun_lags_ns])
        sent = sum(_sent(part) for part in parts)
        planned = sum(len(part.arrivals) for part in parts)
        dropped = sum(part.dropped_arrivals for part in parts)
        return GeneratorReport(
            started_ns=self._started_ns,
            ended_ns=max(
                (part.report.ended_ns - part.offset_ns for part in parts if part.report),
                default=time.monotonic_ns(),
            ),
            connection_errors=sum(report.connection_errors for report in reports),
            planned_arrivals=planned,
            sent_arrivals=sent,
            dropped_arrivals=dropped,
            late_arrivals=int(np.count_nonzero(lags_ns > LATE_NS)),
            request_count=sum(_request_count(part) for part in parts),
            failed_count=sum(
                part.report.failed_count if part.report else part.failed_count for part in parts
            ),
            max_in_flight=most_in_flight(_joined(self._sent_ns), _joined(self._finished_ns)),
            drained=all(report.drained for report in reports),
            start_lag_ms=spread_ms(lags_ns),
            loop_lag_ms=spread_ms(_joined([part.loop_lags_ns for part in parts])),
            generator_cpu_share=max([master_cpu_share, *(report.generator_cpu_share for report in reports)]),
            lost_arrivals=planned - sent - dropped,
            workers=tuple(_worker_report(worker, part) for worker, part in self._parts.items()),
        )

    def _store(self, part: _Part, batch: pa.RecordBatch) -> None:
        self._stream.write(batch)
        part.row_count += batch.num_rows
        part.failed_count += _failed_rows(batch["error"])
        self._sent_ns.append(_numbers(batch["sent_ns"]))
        self._finished_ns.append(_numbers(batch["finished_ns"]))


def most_in_flight(sent_ns: NDArray[np.int64], finished_ns: NDArray[np.int64]) -> int:
    """Return the most requests that were under way at once, 0 for none."""
    moments = np.concatenate([sent_ns, finished_ns])
    changes = np.concatenate([np.ones(len(sent_ns), np.int64), -np.ones(len(finished_ns), np.int64)])
    return int(np.cumsum(changes[np.lexsort((changes, moments))]).max(initial=0))


def _worker_report(worker: str, part: _Part) -> WorkerReport:
    return WorkerReport(
        id=worker,
        is_lost=part.is_lost,
        offset_ns=part.offset_ns,
        error_ns=part.error_ns,
        sent_arrivals=_sent(part),
        request_count=_request_count(part),
        start_lag_ms=spread_ms(_joined(part.begun_lags_ns)),
        loop_lag_ms=spread_ms(part.loop_lags_ns),
        cpu_share=part.report.generator_cpu_share if part.report else 0.0,
    )


def _sent(part: _Part) -> int:
    """Return the arrivals that count as sent: of a lost worker those that it had told the end of."""
    return part.report.sent_arrivals if part.report else part.done_arrivals


def _request_count(part: _Part) -> int:
    """Return what the worker says that it sent; the rows in the file must be as many."""
    return part.report.request_count if part.report else part.row_count


def _failed_requests(part: _Part) -> int:
    return part.report.failed_count if part.report else part.failed_count


def _failed_rows(errors: pa.DictionaryArray) -> int:
    is_worded = np.asarray([bool(word) for word in errors.dictionary.to_pylist()], dtype=np.bool_)
    return int(np.count_nonzero(is_worded[_numbers(errors.indices)]))


def _numbers(column: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = column.to_numpy()
    return numbers


def _joined(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(arrays) if arrays else _NO_LAGS
