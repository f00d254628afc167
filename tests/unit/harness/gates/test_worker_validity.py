from harness.gates.validity import check_load
from harness.gates.worker_validity import check_workers
from harness.model.slice_summary import GeneratorReport, SliceSummary, Spread, WorkerReport

NOTHING = Spread(p50=0, p99=0, max=0)


def worker(number, *, error_ms=0.4, is_lost=False, loop_lag=NOTHING):
    return WorkerReport(
        id=f"host/{number}",
        is_lost=is_lost,
        offset_ns=10**12,
        error_ns=round(error_ms * 1e6),
        sent_arrivals=50,
        request_count=50,
        start_lag_ms=NOTHING,
        loop_lag_ms=loop_lag,
        cpu_share=0.1,
    )


def summary(*workers, lost=0):
    report = GeneratorReport(
        started_ns=0,
        ended_ns=10**9,
        planned_arrivals=100,
        sent_arrivals=100 - lost,
        dropped_arrivals=0,
        late_arrivals=0,
        request_count=100 - lost,
        failed_count=0,
        max_in_flight=3,
        drained=True,
        start_lag_ms=NOTHING,
        loop_lag_ms=NOTHING,
        generator_cpu_share=0.1,
        lost_arrivals=lost,
        workers=workers,
    )
    return SliceSummary(
        slice=1,
        variant="before",
        couple=0,
        is_warm_up=False,
        duration_s=1,
        schedule_sha256="x",
        idle_cpu_share={},
        report=report,
    )


def checks(slices):
    return {check.id: check for check in check_workers(slices)}


def test_a_single_process_has_no_workers_to_be_checked():
    assert check_workers([summary()] * 3) == ()


def test_workers_that_are_there_to_the_end_with_clocks_that_fit_are_valid():
    found = checks([summary(worker(0), worker(1, error_ms=4.9))] * 10)
    assert {check_id: check.ok for check_id, check in found.items()} == {
        "workers-lost": True,
        "clock-alignment": True,
    }
    assert "4.9 ms" in found["clock-alignment"].detail


def test_one_lost_worker_in_one_slice_is_invalid_and_named_with_what_was_lost():
    slices = [summary(worker(0), worker(1))] * 9
    found = checks([*slices, summary(worker(0), worker(1, is_lost=True), lost=7)])
    assert not found["workers-lost"].ok
    assert found["workers-lost"].detail.startswith(
        "Lost: host/1. 1 of 10 slices went on without, and 7 arrivals"
    )


def test_clocks_that_cannot_be_read_well_enough_in_more_than_a_tenth_of_the_slices_are_invalid():
    good, bad = summary(worker(0)), summary(worker(0, error_ms=5.1))
    assert checks([good] * 9 + [bad])["clock-alignment"].ok
    assert not checks([good] * 8 + [bad] * 2)["clock-alignment"].ok


def test_one_blocked_worker_among_many_shows():
    blocked = worker(9, loop_lag=Spread(p50=0, p99=400, max=500))
    report = summary(*(worker(number) for number in range(9)), blocked).report
    assert {check.id for check in check_load(report, p95_ms=0) if not check.ok} == {"loop-lag"}
