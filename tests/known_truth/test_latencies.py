"""The generator against servers whose truth is known (measurement.md, section 6).

The short tests hold on a busy machine: they judge each row by the server's own record of that very request,
see `exchanges`. The long ones (`pytest -m long`) judge by theory and want a quiet machine.
"""

import json
import math
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.model.plan import Stage
from harness.plan.arrivals import arrivals_within
from tests.component.generator.conftest import even_schedule
from tests.known_truth.exchanges import NUMBERED, assert_true, exchanges, most_lag_ms
from tests.known_truth.theory import completions_ns, lognormal_ms, quantile_ms, rank_interval
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


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_1_a_constant_service_time_is_measured_without_a_floor(truth, drive, client):
    """Nagle and delayed acknowledgements would put 40 ms on every single answer."""
    truth.set("*", Behaviour(service_ms=20))
    schedule = even_schedule(60, over_s=1.2)
    outcome = drive(NUMBERED.format(client=client)).run(schedule, duration_s=1.2)
    found = exchanges(schedule, outcome, truth)
    assert_true(found, outcome)
    served_ns = [one.seen.gone_ns - one.seen.arrived_ns for one in found]
    assert quantile_ms(services_ns(outcome.rows), 0.01) >= 20
    assert quantile_ms(services_ns(outcome.rows), 0.1) - quantile_ms(served_ns, 0.1) < 20


@LONG
@pytest.mark.parametrize(("client", "most_ms"), [("FastHttpUser", 1.0), ("HttpUser", 2.0)])
def test_1_a_constant_service_time_is_measured_to_what_locusts_client_computes(truth, drive, client, most_ms):
    """Truth is what the barest client sees of the same server: no harness can answer for aiohttp's parsing.

    Section 6 asks for 0.5 ms, which Locust's clients do not give: on a core that slept for 20 ms FastHttpUser
    computes 0.6 ms around an exchange, HttpUser (requests) 1.5 ms (median, virtual machine at 2.6 GHz).
    """
    truth.set("*", Behaviour(service_ms=20))
    outcome = drive(PAGE.format(client=client)).run(even_schedule(1500, over_s=30), duration_s=30)
    served_ns = [seen.gone_ns - seen.arrived_ns for seen in truth.log()]
    true_ms = quantile_ms(barest_round_trips_ns(truth.url, 500), 0.5)
    assert true_ms >= 20
    service_ms = quantile_ms(services_ns(outcome.rows), 0.5)
    response_ms = quantile_ms(responses_ns(outcome.rows), 0.5)
    assert abs(service_ms - true_ms) < most_ms
    assert service_ms <= response_ms < true_ms + most_ms + outcome.report.start_lag_ms.p50
    slowest_ms = quantile_ms(served_ns, 0.99) + 2 + measured_lag_ms(outcome.report)
    assert quantile_ms(responses_ns(outcome.rows), 0.99) < slowest_ms


def barest_round_trips_ns(url, count):
    """Return how long each answer takes from fixed bytes on a socket to the last byte of its body."""
    address = urlsplit(url)
    ask = f"GET /before/page HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    body, took_ns = Behaviour().body.encode(), []
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            started_ns, received = time.monotonic_ns(), b""
            connection.sendall(ask)
            while not received.endswith(body):
                received += connection.recv(65536)
            took_ns.append(time.monotonic_ns() - started_ns)
    return took_ns


def test_2_quantiles_are_those_of_what_the_server_drew(truth, drive):
    """Lognormal times: none is shortened, rounded or lost, and the draws are what they should be."""
    count, rate, median = 600, 300, 60
    truth.set("*", Behaviour(distribution="lognormal", service_ms=median, sigma=0.5, seed=11))
    schedule = even_schedule(count, over_s=count / rate)
    outcome = drive(NUMBERED.format(client="FastHttpUser")).run(schedule, duration_s=count / rate, drain_s=30)
    found = exchanges(schedule, outcome, truth)
    assert_true(found, outcome)
    for q in (0.5, 0.95, 0.99):
        low, high = (lognormal_ms(share, median_ms=median, sigma=0.5) for share in rank_interval(count, q))
        drawn_ms = quantile_ms([one.seen.service_ns for one in found], q)
        true_ms = quantile_ms([one.true_response_ns for one in found], q)
        assert low <= drawn_ms <= high, q
        assert drawn_ms <= quantile_ms(services_ns(outcome.rows), q), q
        assert quantile_ms(responses_ns(outcome.rows), q) <= true_ms + most_lag_ms(outcome) + 5, q


@LONG
def test_2_lognormal_quantiles_lie_in_the_exact_interval_of_the_order_statistic(truth, drive):
    count, rate, median = 20_000, 300, 200
    truth.set("*", Behaviour(distribution="lognormal", service_ms=median, sigma=0.5, seed=11))
    outcome = drive(PAGE.format(client="FastHttpUser")).run(
        even_schedule(count, over_s=count / rate), duration_s=count / rate, drain_s=30
    )
    assert len(outcome.rows) == count
    for q in (0.5, 0.95, 0.99):
        low, high = (lognormal_ms(share, median_ms=median, sigma=0.5) for share in rank_interval(count, q))
        assert low <= quantile_ms(services_ns(outcome.rows), q) <= high + 1, q


def test_3_a_queue_is_measured_from_the_planned_moments(truth, drive):
    """No answer comes before Lindley's recursion on what arrived; the plan's own queue is in what is seen."""
    truth.set("/before/page", Behaviour(distribution="exponential", service_ms=10, seed=3))
    schedule = poisson(50, over_s=4)
    outcome = drive(NUMBERED.format(client="FastHttpUser")).run(list(schedule), duration_s=4, drain_s=30)
    found = exchanges(schedule, outcome, truth)
    assert_true(found, outcome)
    served = sorted(found, key=lambda one: one.seen.arrived_ns)
    due_ns = completions_ns([(one.seen.arrived_ns, one.seen.service_ns) for one in served])
    assert due_ns == [one.seen.due_ns for one in served]
    # what arrives later cannot leave earlier: the plan's own queue is the least that there is to see
    planned = completions_ns(
        [(one.planned_ns, late.seen.service_ns) for one, late in zip(found, served, strict=True)]
    )
    least_ns = [done - one.planned_ns for done, one in zip(planned, found, strict=True)]
    for q in (0.5, 0.95):
        true_ms = quantile_ms([one.true_response_ns for one in found], q)
        seen_ms = quantile_ms(responses_ns(outcome.rows), q)
        assert 0.97 * quantile_ms(least_ns, q) <= seen_ms <= true_ms + most_lag_ms(outcome) + 5


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


def test_4_a_stall_is_in_the_p99_of_the_open_loop(truth, drive):
    """A twentieth of the time stands still: every arrival that was due meanwhile shows what it waited."""
    truth.set("/before/page", Behaviour(service_ms=5, is_queue=True))
    schedule = poisson(50, over_s=6)
    driven = drive(NUMBERED.format(client="FastHttpUser"))
    truth.stall(at_request=150, for_s=0.3)
    outcome = driven.run(list(schedule), duration_s=6, drain_s=30)
    found = exchanges(schedule, outcome, truth)
    assert_true(found, outcome)
    stalls = truth.stalls()
    ((stalled_ns, length_ns),) = stalls
    expected_ms, longest_ms = replayed_ms(schedule, outcome.report.started_ns, stalls)
    true_ms = quantile_ms([one.true_response_ns for one in found], 0.99)
    seen_ms = quantile_ms(responses_ns(outcome.rows), 0.99)
    assert expected_ms > 100
    assert 0.97 * expected_ms <= seen_ms <= 1.03 * true_ms + most_lag_ms(outcome)
    assert max(responses_ns(outcome.rows)) / 1e6 >= longest_ms - 1
    met = [one for one in found if stalled_ns < one.planned_ns < stalled_ns + length_ns]
    assert len(met) >= 2
    assert all(one.row["finished_ns"] >= stalled_ns + length_ns for one in met)


@LONG
def test_4_a_stall_of_a_second_is_half_a_second_in_p99_where_a_closed_loop_shows_no_trace(truth, drive):
    """A sixtieth of the time stands still; the same server under plain Locust, which paces itself."""
    truth.set("*", Behaviour(service_ms=5, is_queue=True))
    truth.set("/page", Behaviour(service_ms=5, is_queue=True))
    schedule = poisson(50, over_s=60)
    driven = drive(PAGE.format(client="FastHttpUser"))
    with ThreadPoolExecutor(1) as other:
        paced = other.submit(paced_p99_ms, truth.url, 60)
        truth.stall(at_request=3000, for_s=1)  # of both: in the middle
        outcome = driven.run(list(schedule), duration_s=60, drain_s=30)
    expected_ms, longest_ms = replayed_ms(schedule, outcome.report.started_ns, truth.stalls())
    lag_ms = measured_lag_ms(outcome.report)
    seen_ms = quantile_ms(responses_ns(outcome.rows), 0.99)
    assert seen_ms > 450
    assert abs(seen_ms - expected_ms) <= 0.03 * expected_ms + lag_ms
    assert max(responses_ns(outcome.rows)) / 1e6 >= longest_ms - 1 - lag_ms
    assert paced.result() < 30
    ((stalled_ns, length_ns),) = truth.stalls()
    met = [seen.path for seen in truth.log() if 0 < seen.arrived_ns - stalled_ns < length_ns]
    # whoever waits for an answer sends nothing: the stall meets each of the five users once at most
    assert met.count("/page") <= 5 < met.count("/before/page")


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
