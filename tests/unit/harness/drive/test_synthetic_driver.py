import math
from random import Random

import pyarrow as pa
import pytest

from harness.drive.synthetic_driver import SyntheticDriver, SyntheticTarget
from harness.errors import MeasurementError
from harness.model.plan import Arrival
from harness.store.sample_schema import SAMPLE_SCHEMA

TARGETS = {"before": SyntheticTarget(median_ms=100.0), "after": SyntheticTarget(median_ms=40.0)}


def arrivals(count, *, seed=1):
    rng = Random(seed)
    offsets = sorted(rng.randrange(10**10) for _ in range(count))
    return [Arrival(offset_ns=offset, seed=rng.getrandbits(63)) for offset in offsets]


def run(driver, target, path, schedule):
    report = driver.run_slice(target, schedule, duration_s=10.0, samples=path, drain_s=30.0)
    with pa.ipc.open_stream(str(path)) as reader:
        return report, reader.read_all()


def test_the_drawn_median_is_the_truth(tmp_path):
    driver = SyntheticDriver(TARGETS, seed=1)
    _, table = run(driver, "before", tmp_path / "a.arrow", arrivals(20_000))
    service_ms = sorted(
        (row["finished_ns"] - row["sent_ns"]) / 1e6
        for row in table.select(["sent_ns", "finished_ns"]).to_pylist()
    )
    # the standard error of a lognormal's median is sigma * sqrt(pi / 2 / n) of it
    assert service_ms[10_000] == pytest.approx(100.0, rel=4 * 0.45 * math.sqrt(math.pi / 2 / 20_000))


def test_the_file_has_the_columns_of_a_real_one(tmp_path):
    _, table = run(SyntheticDriver(TARGETS, seed=1), "after", tmp_path / "a.arrow", arrivals(10))
    assert table.schema.equals(SAMPLE_SCHEMA)
    assert table.num_rows == 10


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        run(SyntheticDriver(TARGETS, seed=7), "before", tmp_path / name, arrivals(100))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_both_targets_get_the_same_requests_and_their_own_luck(tmp_path):
    driver = SyntheticDriver({"before": TARGETS["before"], "after": TARGETS["before"]}, seed=1)
    _, before = run(driver, "before", tmp_path / "b.arrow", arrivals(100))
    _, after = run(driver, "after", tmp_path / "a.arrow", arrivals(100))
    assert before["endpoint"].to_pylist() == after["endpoint"].to_pylist()
    assert before["server_app_ms"].to_pylist() != after["server_app_ms"].to_pylist()


def test_slices_follow_each_other_on_one_clock(tmp_path):
    driver = SyntheticDriver(TARGETS, seed=1)
    first, _ = run(driver, "before", tmp_path / "b.arrow", arrivals(100))
    second, _ = run(driver, "after", tmp_path / "a.arrow", arrivals(100))
    assert first.started_ns + 10_000_000_000 <= first.ended_ns < second.started_ns


def test_failures_come_at_their_share_and_have_a_class(tmp_path):
    driver = SyntheticDriver({"before": SyntheticTarget(median_ms=1.0, failed_share=0.25)}, seed=1)
    report, table = run(driver, "before", tmp_path / "b.arrow", arrivals(4_000))
    assert report.failed_count == sum(error == "HTTP 500" for error in table["error"].to_pylist())
    assert report.failed_count == pytest.approx(1_000, abs=4 * math.sqrt(4_000 * 0.25 * 0.75))


def test_no_arrivals_make_an_empty_slice(tmp_path):
    report, table = run(SyntheticDriver(TARGETS, seed=1), "before", tmp_path / "b.arrow", [])
    assert (report.request_count, report.max_in_flight, table.num_rows) == (0, 0, 0)
    assert report.drained


def test_an_unknown_target_is_an_error_that_names_it(tmp_path):
    with pytest.raises(MeasurementError, match="'nobody'"):
        run(SyntheticDriver(TARGETS, seed=1), "nobody", tmp_path / "b.arrow", [])
