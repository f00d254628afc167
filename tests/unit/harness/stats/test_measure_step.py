"""What is counted of a step: after its warm-up, failures over every limit, who is under way."""

from pathlib import Path

import pytest

from harness.drive.synthetic_driver import SyntheticDriver, SyntheticTarget
from harness.plan.arrivals import poisson_arrivals
from harness.plan.slo import parse_slo
from harness.stats.capacity import StepVerdict, judge_repeats, measure_step, search_of
from harness.store.samples import read_samples

SLO = parse_slo("p95 <= 100 ms and errors < 5 %")


@pytest.fixture
def step(tmp_path: Path):
    """Measure a step of ten seconds at 100/s on a synthetic target."""

    def measure(median_ms, *, failed_share=0.0, is_generator_limited=False, dropped_count=0):
        path = tmp_path / "samples.arrow"
        target = SyntheticTarget(median_ms=median_ms, sigma=0.1, failed_share=failed_share)
        arrivals = poisson_arrivals(rate=100, duration_s=12, seed=3)
        with SyntheticDriver({"before": target}, seed=1) as driver:
            report = driver.run_slice("before", arrivals, duration_s=12, samples=path, drain_s=10)
        return measure_step(
            read_samples(path), SLO, variant_id="before", round_index=1, index=53,
            counts_from_ns=report.started_ns + 2 * 10**9, duration_s=10, dropped_count=dropped_count,
            is_generator_limited=is_generator_limited,
        )  # fmt: skip

    return measure


def test_what_came_before_the_end_of_the_warm_up_does_not_count(step):
    seen = step(20)

    assert seen.counts.request_count == pytest.approx(1000, rel=0.1)
    assert seen.throughput == pytest.approx(100, rel=0.1)


def test_concurrency_is_rate_times_time(step):
    assert step(20).concurrency == pytest.approx(step(20).throughput * 0.0201, rel=0.03)


def test_failed_and_dropped_requests_are_over_every_limit_and_in_no_latency(step):
    seen = step(20, failed_share=0.1, dropped_count=5)

    assert seen.counts.failed_count >= 55
    assert seen.counts.over_counts == (seen.counts.failed_count,)
    assert seen.response_ms.size == seen.counts.request_count - seen.counts.failed_count


def test_repeats_are_judged_together_and_a_late_generator_takes_no_part(step):
    assert judge_repeats(SLO, [step(20)]) is StepVerdict.PASS
    assert judge_repeats(SLO, [step(200)]) is StepVerdict.FAIL
    assert judge_repeats(SLO, [step(200, is_generator_limited=True)]) is StepVerdict.GENERATOR_LIMIT
    assert judge_repeats(SLO, [step(200, is_generator_limited=True), step(20)]) is StepVerdict.PASS


def test_the_search_is_read_back_from_its_steps(step):
    assert search_of(SLO, [step(20), step(20)]).seen == {53: StepVerdict.PASS}
    assert search_of(SLO, []).seen == {}
