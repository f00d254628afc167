"""How many requests a second BEFORE and AFTER answer when they are asked for all they can give."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from harness.drive.locust_driver import LocustDriver
from harness.model.plan import ClosedLoop
from harness.plan.experiment import PROJECT_ROOT
from harness.target.child import pin
from tests.benchmarks.machine import generator_cores, server_cores
from tests.benchmarks.reference_server import database_of, postgres_in_an_empty_folder, serving
from tests.benchmarks.table import Table

SCENARIO = PROJECT_ROOT / "tests" / "benchmarks" / "hurried_day.py"
SCALE = 1.0
TURNS = 3
WARM_UP_S = 5
SECONDS = 15
USERS = 32
"""Enough to keep one core of Python and the database busy, and below BEFORE's limit of connections."""
LEAST_RATIO = 10
MANY = 1_000_000
"""No caller is to be held back by a limit of requests a minute."""


def measure(say: Callable[[str], None]) -> Table:
    """Take turns on fresh databases and servers: users without a pause, as many answers as they get."""
    rates: dict[str, list[float]] = {"before": [], "after": []}
    rows = []
    with postgres_in_an_empty_folder(say) as postgres:
        for turn in range(1, TURNS + 1):
            for variant, seen in rates.items():
                with database_of(postgres, variant, SCALE, say) as url:
                    rate, failed = _saturated(url, variant, turn)
                say(f"{turn} of {TURNS}, {variant}: {rate:.1f} requests/s")
                seen.append(rate)
                rows.append((f"{turn}", variant, f"{rate:,.1f}", f"{failed}"))
    ratio = min(rates["after"]) / max(rates["before"])
    rows.append(("median", "after / before", f"{median(rates['after']) / median(rates['before']):.1f}", ""))
    rows.append(("worst", "least after / most before", f"{ratio:.1f}", ""))
    return Table(
        title="Requests a second at saturation",
        claim=f"after answers at least {LEAST_RATIO} times as many requests a second as before",
        columns=("turn", "variant", "requests/s", "failed"),
        rows=tuple(rows),
        holds=ratio >= LEAST_RATIO and all(row[3] in {"0", ""} for row in rows),
        note=f"{USERS} users in booking_day without its pauses, {SECONDS} s after {WARM_UP_S} s of"
        f" warm-up, scale {SCALE:g}; server and generator on a core each where there are two.",
    )


def _saturated(database_url: str, variant: str, seed: int) -> tuple[float, int]:
    """Return requests a second and how many failed."""
    more = ("--requests-per-minute", f"{MANY}")
    with tempfile.TemporaryDirectory() as name, serving(database_url, variant, *more) as server:
        cores = server_cores()
        if cores:
            pin(server.pid, cores)
        folder = Path(name)
        with LocustDriver(
            SCENARIO, {variant: server.url}, log_path=folder / "log", cpus=generator_cores()
        ) as driver:
            for seconds in (WARM_UP_S, SECONDS):
                report = driver.run_slice(
                    variant,
                    (),
                    duration_s=seconds,
                    samples=folder / f"{seconds}.arrow",
                    drain_s=60,
                    closed_loop=ClosedLoop(users=USERS, seed=seed),
                )
    return report.request_count / ((report.ended_ns - report.started_ns) / 1e9), report.failed_count
