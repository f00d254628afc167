"""A truth server and a way to drive any Locust file at it."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.model.plan import Arrival, ClosedLoop
from harness.model.slice_summary import GeneratorReport
from tests.truth_server import TruthClient, truth_server


@pytest.fixture(scope="session")
def truth_process() -> Iterator[TruthClient]:
    with truth_server() as client:
        yield client


@pytest.fixture
def truth(truth_process: TruthClient) -> TruthClient:
    """A truth server that answers at once and has seen nothing."""
    truth_process.reset()
    return truth_process


@dataclass(frozen=True)
class Outcome:
    """What one slice left behind."""

    report: GeneratorReport
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Driven:
    """A running driver with two targets on the truth server."""

    driver: LocustDriver
    folder: Path

    def run(
        self,
        schedule: list[Arrival],
        *,
        target: str = "before",
        duration_s: float = 0.3,
        drain_s: float = 10.0,
        closed_loop: ClosedLoop | None = None,
        on_progress: Callable[[int, int], None] = lambda _sent, _done: None,
    ) -> Outcome:
        path = self.folder / f"{target}.arrow"
        report = self.driver.run_slice(
            target,
            schedule,
            duration_s=duration_s,
            samples=path,
            drain_s=drain_s,
            closed_loop=closed_loop,
            on_progress=on_progress,
        )
        return Outcome(report, read_rows(path))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a sample file up to its last whole batch, in order of sending."""
    rows: list[dict[str, Any]] = []
    with pa.ipc.open_stream(str(path)) as reader:
        try:
            for batch in reader:
                rows += batch.to_pylist()
        except (pa.ArrowInvalid, OSError):
            pass  # cut short
    return sorted(rows, key=lambda row: row["sent_ns"])


def even_schedule(count: int, *, over_s: float, seed: int = 1) -> list[Arrival]:
    rng = Random(seed)
    return [
        Arrival(offset_ns=round(number * over_s / count * 1e9), seed=rng.getrandbits(63))
        for number in range(count)
    ]


@pytest.fixture
def drive(truth: TruthClient, tmp_path: Path) -> Iterator[Callable[..., Driven]]:
    """Start a driver on a Locust file given as text, at the truth server or another URL, for one test."""
    with ExitStack() as stack:

        def start(locustfile: str, *, url: str | None = None) -> Driven:
            path = tmp_path / "theirs.py"
            path.write_text(textwrap.dedent(locustfile))
            targets = {side: f"{url or truth.url}/{side}" for side in ("before", "after")}
            driver = LocustDriver(path, targets, log_path=tmp_path / "generator.log")
            return Driven(stack.enter_context(driver), tmp_path)

        yield start
