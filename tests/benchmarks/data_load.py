"""How fast the reference data are loaded, and how long the clone takes that each round begins with."""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.target.database import CLONE_PREFIX, clone, drop, prepare_template
from harness.target.postgres import Postgres, open_postgres
from tests.benchmarks.table import Table

LEAST_ROWS_A_SECOND = 150_000
CLONES = 5
_RATE = re.compile(r"appointments: ([\d,]+) rows/s encoded and copied, ([\d,]+) rows/s with the drawing")


def measure(say: Callable[[str], None]) -> Table:
    """Set up PostgreSQL in an empty folder, load both variants at scale 1, clone each five times."""
    plan = plan_experiment(read_experiment(find_experiment("quick")), Overrides(scale=1))
    told: list[str] = []

    def hear(text: str) -> None:
        told.append(text)
        say(text)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        started_s = time.monotonic()
        with open_postgres(database_url=None, cache_dir=folder / "cache", say=hear) as postgres:
            set_up_s = time.monotonic() - started_s
            rows, rates = [("PostgreSQL set up and started", "", "", "", f"{set_up_s:.1f}")], []
            for variant in plan.variants:
                started_s = time.monotonic()
                template = prepare_template(
                    postgres, variant, scale=1, seed=plan.seed, say=hear, log_path=folder / "load.log"
                )
                load_s = time.monotonic() - started_s
                clone_s = _clone_s(postgres, template)
                copied, drawn = (int(number.replace(",", "")) for number in _last_rate(told))
                rates.append(copied)
                rows.append(
                    (f"data of {variant.id}", f"{copied:,}", f"{drawn:,}", f"{clone_s:.2f}", f"{load_s:.1f}")
                )
    return Table(
        title="Data at scale 1 (100,000 appointments)",
        claim=f"at least {LEAST_ROWS_A_SECOND:,} appointments a second are encoded and copied",
        columns=(
            "step",
            "appointments/s encoded and copied",
            "with the drawing",
            "clone, s (median of 5)",
            "all in all, s",
        ),
        rows=tuple(rows),
        holds=min(rates) >= LEAST_ROWS_A_SECOND,
        note="All in all holds the fingerprint, all tables, constraints, indexes and the vacuum.",
    )


def _last_rate(told: list[str]) -> tuple[str, str]:
    return next(found.groups() for text in reversed(told) if (found := _RATE.search(text)))


def _clone_s(postgres: Postgres, template: str) -> float:
    times = []
    for _ in range(CLONES):
        started_s = time.monotonic()
        clone(postgres, template, f"{CLONE_PREFIX}benchmark")
        times.append(time.monotonic() - started_s)
        drop(postgres, f"{CLONE_PREFIX}benchmark")
    return median(times)
