"""A small experiment on the real reference backend, with everything real and little of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.plan.experiment import find_experiment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def environment(open_folder):
    return {**os.environ, "KPIBENCH_CACHE_DIR": str(open_folder / "cache"), "COLUMNS": "120"}


@pytest.fixture(scope="session")
def small_experiment(tmp_path_factory):
    """`quick` with the same variants, rounds and order, but seconds of load."""
    content = yaml.safe_load(find_experiment("quick").read_text())
    content.update(id="small", scale=0.01, couples=1, slice_seconds=1, warm_up_seconds=0.5)
    content["seed"] = 50  # which draws eight arrivals or more, so ten requests, in each round
    content["precision"] = {"seconds": 0.5}
    content["load"] = {"scenario": str(ROOT / "scenarios/booking_day.py"), "rate": 8}
    content["kpis"] = str(ROOT / "kpis.yaml")
    path = tmp_path_factory.mktemp("experiment") / "small.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture(scope="session")
def kpibench(environment):
    """Run `kpibench` as a user does and give what it printed."""

    def kpibench(*arguments, cwd, timeout=300):
        return subprocess.run(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return kpibench
