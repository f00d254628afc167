"""Rows of several workers against the same rows of one."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from harness.generator.merge import HANDOVER_NS, SliceMerge, most_in_flight
from harness.generator.recorder import Recorder
from harness.generator.shipping import Shipment, ShippingStream, moved, packed_lags, unpack
from harness.generator.split import split
from harness.model.slice_summary import GeneratorReport, Spread
from harness.stats.percentiles import quantile
from harness.store.sample_schema import SampleStream
from harness.store.samples import read_samples

MS = 1_000_000
STARTED_NS = 1_000_000 * MS
OFFSETS_NS = {"a/0": 0, "a/1": 37_000 * MS + 13, "b/2": -(10**15) - 7}
NOTHING = Spread(p50=0, p99=0, max=0)


def requests(count, seed=1):
    """Return index, planned time, start lag and service time of `count` requests, in nanoseconds."""
    rng = np.random.default_rng(seed)
    planned = STARTED_NS + np.cumsum(rng.exponential(2 * MS, count)).astype(np.int64)
    lags = rng.exponential(0.3 * MS, count).astype(np.int64)
    service = (MS * rng.lognormal(3, 1, count)).astype(np.int64)
    return [(i, int(planned[i]), int(lags[i]), int(service[i])) for i in range(count)]


def record(recorder, request, offset_ns=0):
    index, planned_ns, lag_ns, service_ns = request
    recorder.add(
        scheduled_ns=planned_ns + offset_ns,
        sent_ns=planned_ns + lag_ns + offset_ns,
        first_byte_ns=None if index % 3 else planned_ns + lag_ns + offset_ns + 1,
        finished_ns=planned_ns + lag_ns + service_ns + offset_ns,
        arrival=index,
        step=0,
        journey=f"journey {index % 5}",
        endpoint=f"GET /{index % 7}",
        method="GET",
        status=500 if index % 11 == 0 else 200,
        error="HTTP 500" if index % 11 == 0 else "",
        response_bytes=index,
    )


def report(offset_ns, part, *, requests_reported=None):
    return GeneratorReport(
        started_ns=STARTED_NS + offset_ns,
        ended_ns=STARTED_NS + offset_ns + 5_000 * MS,
        planned_arrivals=len(part),
        sent_arrivals=len(part),
        dropped_arrivals=0,
        late_arrivals=0,
        request_count=len(part) if requests_reported is None else requests_reported,
        failed_count=sum(index % 11 == 0 for index, *_ in part),
        max_in_flight=1,
        drained=True,
        start_lag_ms=NOTHING,
        loop_lag_ms=NOTHING,
        generator_cpu_share=0.1,
    )


class Worker:
    """Ships its part of the requests, `size` rows at a time."""

    def __init__(self, name, part, *, size=50):
        self.name = name
        self.offset_ns = OFFSETS_NS[name]
        self.part = part
        self.stream = ShippingStream()
        self.stream.offset_ns = self.offset_ns
        self.recorder = Recorder(self.stream)
        self.shipments = []
        for start in range(0, len(part), size):
            some = part[start : start + size]
            for request in some:
                record(self.recorder, request, self.offset_ns)
            self.recorder.flush()
            done = start + len(some)
            self.shipments.append(
                Shipment(
                    slice=4,
                    number=len(self.shipments),
                    batches=self.stream.take(),
                    begun_lags_ns=packed_lags([lag for _, _, lag, _ in some]),
                    sent_arrivals=done,
                    done_arrivals=done,
                    dropped_arrivals=0,
                )
            )


@pytest.fixture
def merging(tmp_path):
    """A merge of three workers that share 1,000 requests, and the same rows of one recorder."""
    whole = requests(1_000)
    by_index = dict(zip([index for index, *_ in whole], whole, strict=True))
    arrivals = [(index, planned_ns - STARTED_NS, 0) for index, planned_ns, _, _ in whole]
    workers = []
    merge = SliceMerge(SampleStream(tmp_path / "merged.arrow"), slice_index=4, workers=list(OFFSETS_NS))
    merge.start(STARTED_NS)
    for name, part in split(arrivals, list(OFFSETS_NS)).items():
        merge.assign(name, part)
        merge.note_clock(name, offset_ns=OFFSETS_NS[name], error_ns=1000)
        workers.append(Worker(name, [by_index[index] for index, _, _ in part]))
    single = Recorder(SampleStream(tmp_path / "single.arrow"))
    for request in whole:
        record(single, request)
    single.close()
    return merge, workers, tmp_path


def in_order(path: Path) -> pa.Table:
    with pa.ipc.open_stream(str(path)) as reader:
        table = reader.read_all()
    return pa.Table.from_pylist(table.to_pylist()).sort_by("arrival")


def deliver(merge, workers):
    for number in range(max(len(worker.shipments) for worker in workers)):
        for worker in workers:
            if number < len(worker.shipments):
                merge.take(worker.name, worker.shipments[number])


def finish(merge, workers):
    for worker in workers:
        merge.finish(worker.name, report(worker.offset_ns, worker.part), np.array([MS, 2 * MS]))


def test_merged_rows_and_quantiles_are_bit_equal_to_those_of_one_worker(merging):
    merge, workers, folder = merging
    deliver(merge, workers)
    finish(merge, workers)
    merged, single = in_order(folder / "merged.arrow"), in_order(folder / "single.arrow")
    assert merged == single
    for endpoint in ("GET /0", "GET /6"):
        ours, theirs = (read_samples(folder / f"{name}.arrow") for name in ("merged", "single"))
        for columns in (ours, theirs):
            assert endpoint in columns.endpoint.words
    for share in (0.5, 0.95, 0.99):
        levels = [
            quantile(np.sort((columns.finished_ns - columns.scheduled_ns) / 1e6), share)
            for columns in (read_samples(folder / f"{name}.arrow") for name in ("merged", "single"))
        ]
        assert levels[0] == levels[1]


def test_merged_spreads_come_from_raw_values(merging):
    merge, workers, _ = merging
    deliver(merge, workers)
    finish(merge, workers)
    lags_ms = np.array([lag for worker in workers for _, _, lag, _ in worker.part]) / 1e6
    merged = merge.report(master_cpu_share=0.02)
    assert merged.start_lag_ms.p99 == np.quantile(lags_ms, 0.99)
    assert merged.start_lag_ms.max == lags_ms.max()
    assert merged.loop_lag_ms == Spread(p50=1.5, p99=2.0, max=2.0)
    assert merged.late_arrivals == np.count_nonzero(lags_ms > 5)
    assert (merged.started_ns, merged.ended_ns) == (STARTED_NS, STARTED_NS + 5_000 * MS)
    assert merged.generator_cpu_share == 0.1
    assert (merged.request_count, merged.failed_count, merged.lost_arrivals) == (1_000, 91, 0)
    assert [worker.error_ns for worker in merged.workers] == [1000] * 3


def test_a_shipment_that_comes_twice_counts_once(merging):
    merge, workers, folder = merging
    deliver(merge, workers)
    for worker in workers:
        merge.take(worker.name, worker.shipments[-1])
        merge.take(worker.name, worker.shipments[0])
    finish(merge, workers)
    assert in_order(folder / "merged.arrow") == in_order(folder / "single.arrow")


def test_a_shipment_that_is_missing_shows_as_rows_that_were_reported_and_are_not_there(merging):
    merge, workers, folder = merging
    workers[0].shipments.pop(2)
    deliver(merge, workers)
    finish(merge, workers)
    stored = len(read_samples(folder / "merged.arrow").sent_ns)
    assert stored < merge.report(master_cpu_share=0).request_count == 1_000


def test_what_a_lost_worker_delivered_stays_and_the_rest_is_given_on_or_counted_as_lost(merging):
    merge, workers, folder = merging
    gone, *others = workers
    for shipment in gone.shipments[:3]:
        merge.take(gone.name, shipment)
    now_ns = gone.part[180][1]
    later = merge.lose(gone.name, now_ns)
    assert not merge.is_over
    merge.take(gone.name, gone.shipments[3])  # it was only slow: too late all the same
    due = [index for index, planned_ns, *_ in gone.part if planned_ns >= now_ns + HANDOVER_NS]
    assert [index for index, *_ in later] == due
    for name, part in split(later, [worker.name for worker in others]).items():
        merge.assign(name, part)
    for worker in others:
        worker.part += [request for request in gone.part if request[0] in due]
    deliver(merge, others)
    extra = {name: len(part) for name, part in split(later, [w.name for w in others]).items()}
    for worker in others:
        part = worker.part[: 333 + extra[worker.name]]
        merge.finish(worker.name, report(worker.offset_ns, part), np.array([MS]))
    merged = merge.report(master_cpu_share=0)
    assert merge.is_over
    assert merged.planned_arrivals == 1_000
    assert merged.sent_arrivals + merged.lost_arrivals == 1_000
    assert merged.lost_arrivals == len(gone.part) - 150 - len(later) > 0
    assert [worker.is_lost for worker in merged.workers] == [True, False, False]
    arrivals = read_samples(folder / "merged.arrow").arrival
    assert len(set(arrivals.tolist())) == len(arrivals) == 666 + 150


def test_moving_a_batch_keeps_nulls_and_durations():
    stream = ShippingStream()
    recorder = Recorder(stream)
    for request in requests(7):
        record(recorder, request)
    recorder.flush()
    (batch,) = unpack(stream.take()[0])
    later = moved(batch, 10**15)
    for name in ("scheduled_ns", "sent_ns", "first_byte_ns", "finished_ns"):
        expected = [None if value is None else value + 10**15 for value in batch[name].to_pylist()]
        assert later[name].to_pylist() == expected
    assert later["arrival"].to_pylist() == batch["arrival"].to_pylist()
    assert later["endpoint"].to_pylist() == batch["endpoint"].to_pylist()


def test_most_in_flight_counts_overlaps_and_none_where_one_ends_as_the_next_begins():
    sent, finished = np.array([0, 10, 12, 20]), np.array([10, 15, 14, 30])
    assert most_in_flight(sent, finished) == 2
    assert most_in_flight(np.array([], np.int64), np.array([], np.int64)) == 0
