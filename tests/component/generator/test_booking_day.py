"""The shipped scenario against the real backend, driven by the harness and by plain Locust."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.model.plan import Arrival
from tests.component.generator.conftest import read_rows

ROOT = Path(__file__).parents[3]
SCENARIO = ROOT / "scenarios" / "booking_day.py"
ENDPOINTS = {
    "GET /api/v2/analytics/revenue",
    "GET /api/v2/availability/slots (all barbers)",
    "GET /api/v2/availability/slots (one barber)",
    "GET /api/v2/clients/[id]/history",
    "GET /api/v2/locations/[id]/day",
    "POST /api/v2/appointments",
    "POST /api/v2/appointments/[id]/cancel",
    "POST /api/v2/appointments/[id]/reschedule",
    "POST /api/v2/auth/login",
}
SELDOM = {
    "GET /api/v2/availability/next",
    "GET /api/v2/barbers/[id]/reviews",
    "GET /api/v2/clients",
    "GET /api/v2/clients/[id]/lifetime-value",
    "GET /api/v2/locations/[id]",
    "GET /api/v2/notifications",
    "POST /api/v2/appointments/[id]/complete",
    "POST /api/v2/appointments/recurring",
    "POST /api/v2/notifications/dispatch",
    "POST /api/v2/payments",
    "POST /api/v2/reviews",
    "POST /api/v2/waitlist",
}
"""Of journeys that are a few in a hundred: in a short slice some of them do not happen."""


@pytest.fixture(scope="module")
def backends(postgres_url: str) -> Iterator[dict[str, str]]:
    """Before and after on small databases with the same data."""
    with ExitStack() as stack:
        variants = ("before", "after")
        yield {variant: stack.enter_context(backend(variant, postgres_url)) for variant in variants}


@contextmanager
def backend(variant: str, postgres_url: str) -> Iterator[str]:
    database = f"booking_day_{variant}"
    asyncio.run(create_database(postgres_url, database))
    url = urlunsplit(urlsplit(postgres_url)._replace(path=f"/{database}"))
    command = [sys.executable, "-m", "reference_app"]
    data = [*command, "data", "load", "--variant", variant, "--scale", "0.01", "--seed", "1"]
    subprocess.run([*data, "--database-url", url], check=True, cwd=ROOT, capture_output=True)
    port = free_port()
    serve = [*command, "serve", "--variant", variant, "--port", str(port), "--database-url", url]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            await_ready(process, f"http://127.0.0.1:{port}/health/ready")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def create_database(postgres_url: str, name: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the backend ended"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
    pytest.fail(f"{url} did not get ready")


def test_every_journey_is_answered_rightly_and_alike_by_before_and_after(backends, tmp_path):
    rng = Random(3)  # whose hundred arrivals hold every journey
    schedule = [Arrival(offset_ns=number * 40_000_000, seed=rng.getrandbits(63)) for number in range(100)]
    first_steps = {}
    with LocustDriver(SCENARIO, backends, log_path=tmp_path / "log") as driver:
        for variant in backends:
            report = driver.run_slice(
                variant, schedule, duration_s=4, samples=tmp_path / f"{variant}.arrow", drain_s=60
            )
            rows = read_rows(tmp_path / f"{variant}.arrow")
            assert [row["error"] for row in rows if row["error"]] == []
            assert report.drained
            assert report.dropped_arrivals == 0
            assert ENDPOINTS <= {row["endpoint"] for row in rows} <= ENDPOINTS | SELDOM
            first_steps[variant] = {row["arrival"]: row["endpoint"] for row in rows if row["step"] == 0}
            assert all(row["server_app_ms"] is not None for row in rows)
    assert first_steps["before"] == first_steps["after"]


def test_the_scenario_runs_in_plain_locust(backends):
    command = [sys.executable, "-m", "locust", "-f", str(SCENARIO), "--host", backends["after"]]
    options = ["--headless", "--users", "4", "--spawn-rate", "4", "--run-time", "3"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "POST     /api/v2/auth/login" in done.stdout + done.stderr
