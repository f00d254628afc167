"""The machine that a benchmark runs on: its description, its cores, and a generator pinned to one of them."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.campaign.bench import divide_cores
from harness.drive.locust_driver import LocustDriver
from harness.probe.host import describe_machine

HERE = Path(__file__).resolve().parent
SCENARIO = HERE / "null_load.py"


def describe() -> str:
    """Tell machine and versions in one line."""
    facts = describe_machine()
    machine, packages = facts["machine"], facts["packages"]
    versions = ", ".join(f"{name} {packages[name]}" for name in ("locust", "gevent", "numpy", "pyarrow"))
    memory = f"{machine['memory_bytes'] / 2**30:.0f} GiB"
    place = f"{machine['cpu_model']}, {machine['logical_cpus']} CPUs, {memory}"
    return f"{place}, {facts['system']['kernel']}, Python {platform.python_version()}, {versions}"


def generator_cores() -> frozenset[int]:
    """Return the one core that a generator gets here; the server has another where there is one."""
    cores = divide_cores()
    return frozenset({min(cores.driver if cores else os.sched_getaffinity(0))})


def server_cores() -> frozenset[int] | None:
    """Return the cores of the server, away from the generator's where there is another."""
    cores = divide_cores()
    return cores.servers if cores else None


@contextmanager
def generator(url: str) -> Iterator[tuple[LocustDriver, Path]]:
    """Start our generator on its one core; give it and a folder for samples."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "generator.log"
        with LocustDriver(SCENARIO, {"null": url}, log_path=log, cpus=generator_cores()) as driver:
            yield driver, Path(folder)
