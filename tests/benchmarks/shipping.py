"""What it costs the master to take the samples of four workers: synthetic ones, no HTTP."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

from harness.drive.locust_driver import LocustDriver
from harness.model.plan import Workers
from harness.plan.arrivals import poisson_arrivals
from harness.target.null_server import null_server
from tests.benchmarks.machine import HERE, server_cores
from tests.benchmarks.synthetic_load import ROWS_A_TASK
from tests.benchmarks.table import Table

MOST_SHARE = 0.30
WORKERS = 4
ROWS_A_SECOND = 10_000
SECONDS = 10
TRIES = 5


def measure(say: Callable[[str], None]) -> Table:
    """Have four workers report requests that never were, and read the master's CPU clock."""
    rows, shares = [], []
    with null_server(cpus=server_cores()) as url, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "generator.log"
        workers = Workers(count=WORKERS)
        scenario = HERE / "synthetic_load.py"
        with LocustDriver(scenario, {"null": url}, log_path=log, workers=workers) as driver:
            for number in range(1, TRIES + 1):
                rate, share = _slice(driver, Path(folder) / "samples.arrow", seed=number)
                say(f"{number} of {TRIES}: {rate:,.0f} samples/s, {share:.1%} of a core")
                shares.append(share)
                rows.append((str(number), f"{rate:,.0f}", f"{share:.1%}"))
    rows.append(("median", "", f"{median(shares):.1%}"))
    return Table(
        title="Cost of shipping",
        claim=f"{ROWS_A_SECOND:,} samples/s from {WORKERS} workers cost the master at most"
        f" {MOST_SHARE:.0%} of a core",
        columns=("turn", "samples/s", "master's CPU, share of a core"),
        rows=tuple(rows),
        holds=median(shares) <= MOST_SHARE,
        note=f"Whole slices of {SECONDS} s: order, clocks, Locust's messages, merged file and report.",
    )


def _slice(driver: LocustDriver, samples: Path, *, seed: int) -> tuple[float, float]:
    """Return samples a second and the master's CPU, in cores, of one slice."""
    arrivals = poisson_arrivals(rate=ROWS_A_SECOND / ROWS_A_TASK, duration_s=SECONDS, seed=seed)
    master = psutil.Process(driver.pid)
    before_s = _cpu_s(master)
    report = driver.run_slice("null", arrivals, duration_s=SECONDS, samples=samples, drain_s=10)
    return report.request_count / SECONDS, (_cpu_s(master) - before_s) / SECONDS


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
