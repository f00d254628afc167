"""How long garbage collections stop AFTER: Python's own way, frozen alone, and with several thresholds."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from harness.target.child import free_port, wait_for
from reference_app.memory.garbage_collection import WARM_UP_REQUESTS
from tests.benchmarks.gc_server import CHOSEN, DEFAULT, WAYS
from tests.benchmarks.raw_client import rate_of
from tests.benchmarks.reference_server import RunningServer, database_of, postgres_in_an_empty_folder
from tests.benchmarks.table import Table

SCALE = 0.1
CONNECTIONS = 16
DURATION_S = 8.0
OWNER = "owner@example.test"
PATH = "/api/v2/notifications"
"""A statement and a list of rows each time: of these answers none is kept."""
MONITORING = "/api/v2/monitoring"


@dataclass(frozen=True, slots=True)
class _Found:
    """What a server tells of its collections, and what its requests cost."""

    collections: Any
    request_count: int
    cpu_s: float

    @property
    def paused_us(self) -> float:
        """All pauses together, for each request."""
        return float(sum(one["total_ms"] for one in self._generations) / self.request_count * 1e3)

    @property
    def longest_ms(self) -> float:
        """The longest pause."""
        return float(max(one["longest_ms"] for one in self._generations))

    def row(self, way: str) -> tuple[str, ...]:
        """Write it down."""
        return (
            way,
            ", ".join(f"{threshold:,}" for threshold in self.collections["thresholds"]),
            self._of_each(lambda one: f"{one['count'] / self.request_count * 1e4:.1f}"),
            self._of_each(lambda one: "-" if one["p99_ms"] is None else f"{one['p99_ms']:.2f}"),
            f"{self.longest_ms:.2f}",
            f"{self.paused_us:.2f}",
            f"{self.cpu_s / self.request_count * 1e6:.0f}",
        )

    @property
    def _generations(self) -> Any:
        return self.collections["generations"]

    def _of_each(self, write: Callable[[Any], str]) -> str:
        return ", ".join(write(one) for one in self._generations)


def measure(say: Callable[[str], None]) -> Table:
    """Ask one server after the other, and read its own record of its pauses."""
    found: dict[str, _Found] = {}
    with postgres_in_an_empty_folder(say) as postgres, database_of(postgres, "after", SCALE, say) as url:
        for way in WAYS:
            say(way)
            with _serving(url, way) as server:
                found[way] = _loaded(server)
    chosen, default = found[CHOSEN], found[DEFAULT]
    return Table(
        title="How long garbage collections stop AFTER",
        claim="with thresholds chosen, the longest pause and all together are shorter than with Python's own",
        columns=(
            "way",
            "thresholds",
            "collections in 10,000 requests: young, middle, full",
            "p99 of the pauses of each, ms",
            "longest pause, ms",
            "all pauses, us a request",
            "CPU of the server, us a request",
        ),
        rows=tuple(one.row(way) for way, one in found.items()),
        holds=chosen.longest_ms < default.longest_ms and chosen.paused_us < default.paused_us,
        note=(
            f"{CONNECTIONS} connections ask for notifications, each again once it has its answer, for"
            f" {DURATION_S * 1.25:g} s behind {WARM_UP_REQUESTS:,} requests of warm-up. Pauses are those that"
            " `GET /api/v2/monitoring/memory` shows, since the freezing where there is one. The watcher of"
            " the memory, which collects all each 20 s, is not in it."
        ),
    )


def _loaded(server: RunningServer) -> _Found:
    """Warm a server up, load it, and ask it."""
    process = psutil.Process(server.pid)
    headers = {"Authorization": f"Bearer {server.token(OWNER)}"}
    for _ in range(WARM_UP_REQUESTS):
        server.get("/health/live")
    start_s, start_count = _cpu_s(process), _request_count(server)
    rate_of(server.url + PATH, headers, CONNECTIONS, DURATION_S)
    cpu_s, count = _cpu_s(process) - start_s, _request_count(server) - start_count
    return _Found(server.get(f"{MONITORING}/memory")[0]["collections"], count, cpu_s)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _request_count(server: RunningServer) -> int:
    return int(server.get(f"{MONITORING}/performance")[0]["request_count"])


@contextmanager
def _serving(url: str, way: str) -> Iterator[RunningServer]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.gc_server", way, str(port), url]
    with tempfile.NamedTemporaryFile() as log, subprocess.Popen(command, stderr=log) as server:
        try:
            told = Path(log.name)
            assert wait_for(lambda: " serves " in told.read_text(), timeout_s=60), told.read_text()
            yield RunningServer(server.pid, f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(timeout=30)
