"""Kept answers a second, against a bare handler that returns the same bytes."""

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from harness.target.child import free_port, wait_for
from tests.benchmarks.raw_client import rate_of
from tests.benchmarks.reference_server import (
    RunningServer,
    database_of,
    postgres_in_an_empty_folder,
    serving,
)
from tests.benchmarks.table import Table

SCALE = 0.1
ROUNDS = 5
DURATION_S = 2.0
CONNECTIONS = 16
LEAST_SHARE = 1 / 3
REQUESTS = {
    "directory": ("/api/v2/locations", ""),
    "slots of a shop": ("/api/v2/availability/slots?location_id=1&service_id=1&date=2026-03-19", ""),
    "history": ("/api/v2/clients/1/history", "client000001@example.test"),
    "revenue": ("/api/v2/analytics/revenue?days=30", "owner@example.test"),
}


def measure(say: Callable[[str], None]) -> Table:
    """Ask both servers in turn, each as fast as it can answer."""
    rows, shares = [], []
    with (
        postgres_in_an_empty_folder(say) as postgres,
        database_of(postgres, "after", SCALE, say) as url,
        serving(url, "after", "--requests-per-minute", "80000000") as after,
    ):
        for name, (path, email) in REQUESTS.items():
            body, headers = _answer(after, path, email)
            with _bare(body) as bare_url:
                kept, bare = [], []
                for _ in range(ROUNDS):
                    kept.append(rate_of(after.url + path, headers, CONNECTIONS, DURATION_S))
                    bare.append(rate_of(bare_url + path, headers, CONNECTIONS, DURATION_S))
            shares.append(median(kept) / median(bare))
            rows.append(
                (name, f"{len(body)}", f"{median(kept):.0f}", f"{median(bare):.0f}", f"{shares[-1]:.2f}")
            )
    return Table(
        title="Kept answers against a bare handler",
        claim="a kept answer at least a third of the requests a second of a handler that returns the bytes",
        columns=("answer", "bytes", "after, requests/s", "bare aiohttp, requests/s", "share"),
        rows=tuple(rows),
        holds=min(shares) >= LEAST_SHARE,
        note=(
            f"{CONNECTIONS} connections that ask again once they have an answer; medians of {ROUNDS} turns of"
            f" {DURATION_S:g} s. The bare handler runs on uvloop and checks nothing."
        ),
    )


def _answer(server: RunningServer, path: str, email: str) -> tuple[bytes, dict[str, str]]:
    """Ask once, so that the answer is kept; give its bytes and the headers that ask for it."""
    server.get(path, email)
    headers = {"Authorization": f"Bearer {server.tokens[email]}"} if email else {}
    with urllib.request.urlopen(urllib.request.Request(server.url + path, headers=headers)) as response:
        assert "cache;desc=hit" in response.headers["Server-Timing"]
        return response.read(), headers


@contextmanager
def _bare(body: bytes) -> Iterator[str]:
    port = free_port()
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = [sys.executable, "-m", "tests.benchmarks.bytes_server", str(port), file.name]
        with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as server:
            try:
                assert wait_for(lambda: _answers(port), timeout_s=30)
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()
                server.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/"):
            return True
    except OSError:
        return False
