"""Look at servers that leak as told, with the harness's own server start, probe and statistics."""

import http.client
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from harness.campaign.execute_memory import looks_under_load
from harness.model.memory import Checkpoint, MemoryPhase
from harness.model.variant import Variant
from harness.probe.memory import MemoryProbe
from harness.stats.leak import LIVE_HEAP, USS, Growth, Quantity, measure_growth
from harness.target.server import StartedServer, start_server

SERVER = Path(__file__).resolve().parents[1] / "leaking_server.py"


class OneByOne:
    """Sends one GET after the other on one connection."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def send(self, count: int) -> tuple[int, int]:
        for _ in range(count):
            self._connection.request("GET", "/page")
            answer = self._connection.getresponse()
            answer.read()
            assert answer.status == 200
        return count, 0


@contextmanager
def leaking(
    kind: str, amount: int, folder: Path, *, has_probe: bool = True, is_tracing: bool = False
) -> Iterator[StartedServer]:
    """Run a leaking server as a variant is run."""
    command = [sys.executable, str(SERVER), "{port}", kind, str(amount)]
    variant = Variant(
        id="leaking",
        title="",
        command=(
            *(("env", "KPIBENCH_TRACE_MEMORY=1") if is_tracing else ()),
            *command,
            *(() if has_probe else ("--no-probe",)),
        ),
    )
    folder.mkdir(parents=True, exist_ok=True)
    server = start_server(variant, database_url="", log_path=folder / "server.log", cpus=None)
    try:
        yield server
    finally:
        server.stop()


def look_at(
    kind: str,
    amount: int,
    folder: Path,
    *,
    requests: int = 2_000,
    repeats: int = 3,
    has_probe: bool = True,
) -> list[list[Checkpoint]]:
    """Return the looks of some repeats, which run at the same time."""
    phase = MemoryPhase(repeats=repeats, requests=requests, checkpoint=requests // 20)

    def one(number: int) -> list[Checkpoint]:
        with leaking(kind, amount, folder / str(number), has_probe=has_probe) as server:
            probe = MemoryProbe(server.base_url, server.pid, phase.probe_path)
            assert probe.source == ("probe" if has_probe else "process")
            with OneByOne(server.base_url) as load:
                return list(looks_under_load(load, probe, phase))

    with ThreadPoolExecutor(max_workers=repeats) as threads:
        return list(threads.map(one, range(repeats)))


def growth_of(looks: list[list[Checkpoint]], quantity: Quantity = LIVE_HEAP) -> Growth:
    """Measure the growth over the repeats."""
    return measure_growth(looks, quantity, confidence=0.95)


__all__ = ["LIVE_HEAP", "USS", "OneByOne", "growth_of", "leaking", "look_at"]
