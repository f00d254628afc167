"""How long `make` takes from nothing until kpibench can be run."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.table import Table

ROOT = Path(__file__).resolve().parents[2]
READY = ".venv/.ready"


def measure(say: Callable[[str], None]) -> Table:
    """Unpack the commit into an empty folder and let make set it up there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
        say(f"make {READY}")
        set_up_s = _seconds(["make", READY], folder)
        again_s = _seconds(["make", READY], folder)
        first_s = _seconds([str(folder / ".venv/bin/kpibench"), "--version"], folder)
    return Table(
        title="Set-up from nothing",
        claim="one command; what takes the time is the packages",
        columns=("step", "s"),
        rows=(
            ("make, with a new virtual environment and the pinned packages", f"{set_up_s:.0f}"),
            ("make again, with nothing to do", f"{again_s:.1f}"),
            ("kpibench --version, first start", f"{first_s:.1f}"),
        ),
        holds=None,
        note="The packages come from the index or pip's cache: the network is part of the first figure.",
    )


def _seconds(command: list[str], folder: Path) -> float:
    started_s = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started_s
