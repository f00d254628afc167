"""The two loads that are compared: plain Locust in a closed loop, ours in an open one; on one core."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.drive.locust_driver import LocustDriver
from harness.model.plan import Arrival
from harness.model.slice_summary import GeneratorReport
from harness.plan.arrivals import poisson_arrivals
from harness.target.child import pin, start_child, stop_group
from tests.benchmarks.machine import SCENARIO, generator_cores

CLOSED_LOOP_USERS = 10


def closed_loop_rate(url: str, *, seconds: float) -> float:
    """Return the requests a second of plain Locust with FastHttpUser, as its own counters say."""
    command = [sys.executable, "-m", "locust", "-f", str(SCENARIO), "--headless", "--host", url]
    command += ["--users", str(CLOSED_LOOP_USERS), "--spawn-rate", "1000", "--run-time", f"{seconds:g}s"]
    command += ["--json", "--loglevel", "ERROR"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GEVENT")}
    process = start_child(
        command,
        death_signal=signal.SIGKILL,
        output=subprocess.PIPE,
        errors=subprocess.DEVNULL,
        environment=environment,
    )
    try:
        pin(process.pid, generator_cores())
        (entry,) = json.loads(process.communicate(timeout=seconds + 60)[0])
    finally:
        stop_group(process, grace_s=1)
    if entry["num_failures"]:
        raise RuntimeError(f"{entry['num_failures']} requests to the null server failed")
    return entry["num_requests"] / (entry["last_request_timestamp"] - entry["start_time"])


def open_loop(
    driver: LocustDriver, folder: Path, *, rate: float, seconds: float, seed: int = 1
) -> GeneratorReport:
    """Send Poisson arrivals with our generator, recorded, and return its report."""
    arrivals: list[Arrival] | tuple[Arrival, ...] = poisson_arrivals(rate=rate, duration_s=seconds, seed=seed)
    return driver.run_slice(
        "null", arrivals, duration_s=seconds, samples=folder / f"{seed}.arrow", drain_s=30
    )


def achieved_rate(report: GeneratorReport) -> float:
    """Return requests a second from the slice's start to the end of its last answer."""
    return report.request_count / ((report.ended_ns - report.started_ns) / 1e9)
