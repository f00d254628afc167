"""The machine that a benchmark runs on: its description, its cores, a null server, a pinned generator."""

import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.campaign.bench import divide_cores
from harness.drive.locust_driver import LocustDriver
from harness.probe.host import describe_machine
from harness.target.child import pin, start_child, stop_group

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


@contextmanager
def null_server() -> Iterator[str]:
    """Start a server that answers at once, away from the generator's core, and give its URL."""
    cores = divide_cores()
    process = start_child(
        [sys.executable, str(HERE / "null_server.py")],
        death_signal=signal.SIGKILL,
        output=subprocess.PIPE,
        errors=subprocess.DEVNULL,
    )
    try:
        pin(process.pid, cores.servers if cores else None)
        port = int(process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        stop_group(process, grace_s=1)
        process.stdout.close()


@contextmanager
def generator(url: str) -> Iterator[tuple[LocustDriver, Path]]:
    """Start our generator on its one core; give it and a folder for samples."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "generator.log"
        with LocustDriver(SCENARIO, {"null": url}, log_path=log, cpus=generator_cores()) as driver:
            yield driver, Path(folder)
