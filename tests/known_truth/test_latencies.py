"""The generator against servers whose truth is known (measurement.md, section 6).

The short tests hold on a busy machine: what they allow beyond the truth is what the server's log and the
generator's own self-check measured in that very run. The long ones (`pytest -m long`) want a quiet one.
"""

import json
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.model.plan import Stage
from harness.plan.arrivals import arrivals_within
from tests.component.generator.conftest import even_schedule
from tests.known_truth.theory import completions_ns, lognormal_ms, median_ms, quantile_ms, rank_interval
from tests.truth_server import Behaviour

PAGE = """
    from locust import {client}, task

    class Visitor({client}):
        @task
        def visit(self):
            self.client.get("/page")
"""
PACED = """
from locust import FastHttpUser, constant_pacing, task

class Visitor(FastHttpUser):
    wait_time = constant_pacing(0.1)

    @task
    def visit(self):
        self.client.get("/page")
"""
LONG = pytest.mark.long
MM1_SEED = 291


def poisson(rate, *, over_s, seed=1):
    return arrivals_within(over_s, (Stage(rate=rate, seconds=0),), distribution="poisson", seed=seed)


def responses_ns(rows):
    return [row["finished_ns"] - row["scheduled_ns"] for row in rows]


def services_ns(rows):
    return [row["finished_ns"] - row["sent_ns"] for row in rows]


def measured_lag_ms(report):
    """Return the delay that the generator itself owned up to."""
    return report.start_lag_ms.p99 + report.loop_lag_ms.p99


def in_order(truth):
    return sorted(truth.log(), key=lambda request: request.arrived_ns)


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_1_a_constant_service_time_is_measured_without_a_floor(truth, drive, client):
    truth.set("*", Behaviour(service_ms=20))
    outcome = drive(PAGE.format(client=client)).run(even_schedule(100, over_s=2.5), duration_s=2.5)
    rows = outcome.rows
    served_ns = [seen.answered_ns - seen.arrived_ns for seen in truth.log()]
    assert quantile_ms(services_ns(rows), 0.01) >= 20
    # Nagle and delayed acknowledgements would put 40 ms on every single answer
    assert quantile_ms(services_ns(rows), 0.1) - quantile_ms(served_ns, 0.1) < 20
    assert quantile_ms(responses_ns(rows), 0.5) >= quantile_ms(served_ns, 0.5)


@LONG
@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_1_a_constant_service_time_is_measured_to_half_a_millisecond(truth, drive, client):
    truth.set("*", Behaviour(service_ms=20))
    outcome = drive(PAGE.format(client=client)).run(even_schedule(1500, over_s=30), duration_s=30)
    served_ns = [seen.answered_ns - seen.arrived_ns for seen in truth.log()]
    assert abs(quantile_ms(responses_ns(outcome.rows), 0.5) - quantile_ms(served_ns, 0.5)) < 1.5
    assert quantile_ms(responses_ns(outcome.rows), 0.99) < 22 + measured_lag_ms(outcome.report)
    assert quantile_ms(services_ns(outcome.rows), 0.5) - quantile_ms(served_ns, 0.5) < 1.5


@pytest.mark.parametrize(
    ("count", "rate", "median", "is_quiet"),
    [(1_000, 300, 60, False), pytest.param(20_000, 300, 200, True, marks=LONG)],
)
def test_2_lognormal_quantiles_lie_in_the_exact_interval_of_the_order_statistic(
    truth, drive, count, rate, median, is_quiet
):
    truth.set("*", Behaviour(distribution="lognormal", service_ms=median, sigma=0.5, seed=11))
    outcome = drive(PAGE.format(client="FastHttpUser")).run(
        even_schedule(count, over_s=count / rate), duration_s=count / rate, drain_s=30
    )
    assert len(outcome.rows) == count
    # what the server slept beyond what it drew, and what the way there and back took, as measured here
    late_ns = [seen.answered_ns - seen.arrived_ns - seen.service_ns for seen in truth.log()]
    allowed_ms = 1 if is_quiet else quantile_ms(late_ns, 0.99) + measured_lag_ms(outcome.report) + 5
    for q in (0.5, 0.95, 0.99):
        low, high = (lognormal_ms(share, median_ms=median, sigma=0.5) for share in rank_interval(count, q))
        assert low <= quantile_ms(services_ns(outcome.rows), q) <= high + allowed_ms, q


def test_3_a_queue_is_measured_from_the_planned_moments(truth, drive):
    """No answer may come before Lindley's recursion on the plan, and the median no later than the lag."""
    truth.set("*", Behaviour(distribution="exponential", service_ms=10, seed=3))
    schedule = poisson(50, over_s=4)
    outcome = drive(PAGE.format(client="FastHttpUser")).run(list(schedule), duration_s=4, drain_s=30)
    seen = in_order(truth)
    rows = sorted(outcome.rows, key=lambda row: row["arrival"])
    assert len(rows) == len(seen) == len(schedule)
    started_ns = outcome.report.started_ns
    jobs = [(started_ns + a.offset_ns, s.service_ns) for a, s in zip(schedule, seen, strict=True)]
    excess_ns = [row["finished_ns"] - done for row, done in zip(rows, completions_ns(jobs), strict=True)]
    assert quantile_ms(excess_ns, 0.01) > -measured_lag_ms(outcome.report)
    assert 0 <= median_ms(excess_ns) <= 5 + measured_lag_ms(outcome.report)


@LONG
def test_3_sojourn_times_of_an_m_m_1_queue_are_within_5_percent_of_theory(truth, drive):
    """Half busy, one worker: exponential with twice the mean service time (300 s, 15,000 requests).

    The seeds are such that the plan's own queue is within 1 % of theory: what is left is the harness's.
    """
    truth.set("*", Behaviour(distribution="exponential", service_ms=10, seed=MM1_SEED + 1000))
    schedule = poisson(50, over_s=300, seed=MM1_SEED)
    outcome = drive(PAGE.format(client="FastHttpUser")).run(list(schedule), duration_s=300, drain_s=30)
    assert len(outcome.rows) == len(schedule)
    for q in (0.5, 0.95, 0.99):
        theory_ms = -20 * math.log(1 - q)
        assert quantile_ms(responses_ns(outcome.rows), q) == pytest.approx(theory_ms, rel=0.05), q


@pytest.mark.parametrize(
    ("over_s", "stall_s", "tolerance"), [(15, 0.25, 0.1), pytest.param(60, 1.0, 0.03, marks=LONG)]
)
def test_4_a_stall_is_in_the_p99_of_the_open_loop_and_not_in_that_of_a_closed_one(
    truth, drive, over_s, stall_s, tolerance
):
    """A sixtieth of the time stands still: p99 is half of the stall, where plain Locust shows no trace."""
    truth.set("*", Behaviour(service_ms=5, is_queue=True))
    truth.set("/page", Behaviour(service_ms=5, is_queue=True))
    schedule = poisson(50, over_s=over_s)
    driven = drive(PAGE.format(client="FastHttpUser"))
    with ThreadPoolExecutor(1) as other:
        paced = other.submit(paced_p99_ms, truth.url, over_s)
        truth.stall(in_s=over_s / 2, for_s=stall_s)
        outcome = driven.run(list(schedule), duration_s=over_s, drain_s=30)
    expected_ms, longest_ms = replayed_ms(schedule, outcome.report.started_ns, truth.stalls())
    lag_ms = measured_lag_ms(outcome.report)
    seen_ms = quantile_ms(responses_ns(outcome.rows), 0.99)
    assert expected_ms > 1000 * stall_s / 3
    assert abs(seen_ms - expected_ms) <= tolerance * expected_ms + lag_ms
    assert max(responses_ns(outcome.rows)) / 1e6 >= longest_ms - 1 - lag_ms
    paced_ms = paced.result()
    ((stalled_ns, length_ns),) = truth.stalls()
    met = [seen.path for seen in truth.log() if 0 < seen.arrived_ns - stalled_ns < length_ns]
    # whoever waits for an answer sends nothing: the stall meets each of the five users once at most
    assert met.count("/page") <= 5 < met.count("/before/page")
    if stall_s == 1:
        assert paced_ms < 30
        assert seen_ms > 450


def replayed_ms(schedule, started_ns, stalls):
    """Return p99 and maximum of the same plan in a queue of 5 ms jobs and stalls."""
    jobs = sorted(
        [(started_ns + arrival.offset_ns, 5_000_000, True) for arrival in schedule]
        + [(start_ns, length_ns, False) for start_ns, length_ns in stalls]
    )
    done = completions_ns([(arrived_ns, service_ns) for arrived_ns, service_ns, _ in jobs])
    waits_ns = [end - job[0] for end, job in zip(done, jobs, strict=True) if job[2]]
    return quantile_ms(waits_ns, 0.99), max(waits_ns) / 1e6


def paced_p99_ms(url, over_s):
    """Return the p99 that plain Locust sees with five users who pace themselves to 50/s."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paced.py"
        path.write_text(PACED)
        command = [sys.executable, "-m", "locust", "-f", str(path), "--headless", "--host", url, "--json"]
        options = ["--users", "5", "--spawn-rate", "5", "--run-time", str(over_s - 1)]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=True)
    (page,) = json.loads(done.stdout)
    times = [float(ms) for ms, count in page["response_times"].items() for _ in range(count)]
    return quantile_ms([round(ms * 1e6) for ms in times], 0.99)
