"""AFTER's answers against a bare aiohttp handler that runs the same SQL and writes the same bytes."""

import json
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from harness.target.child import free_port
from reference_app.settings import Settings
from reference_app.variants import build
from tests.benchmarks.bare_server import BareAnswer
from tests.benchmarks.raw_client import KeptConnection, request_bytes
from tests.benchmarks.reference_server import (
    RunningServer,
    database_of,
    postgres_in_an_empty_folder,
    serving,
)
from tests.benchmarks.table import Table
from tests.component.reference_app.backends import ACCOUNTS, Backend, serve_and
from tests.component.reference_app.watching import watched

MOST_RATIO = 1.5
REPEATS = 200
WARM_UP = 20
EXAMPLES = {
    "/api/v2/openapi.json": ("/api/v2/openapi.json", ""),
    "/api/v2/locations": ("/api/v2/locations", ""),
    "/api/v2/locations/{id}": ("/api/v2/locations/1", ""),
    "/api/v2/locations/{id}/day": ("/api/v2/locations/1/day?date=2026-03-14", "staff"),
    "/api/v2/availability/slots": (
        "/api/v2/availability/slots?location_id=1&service_id=1&date=2026-03-19",
        "",
    ),
    "/api/v2/availability/next": ("/api/v2/availability/next?location_id=1&service_id=1", ""),
    "/api/v2/clients": ("/api/v2/clients?name=zoe", "staff"),
    "/api/v2/clients/{id}/history": ("/api/v2/clients/1/history", "client"),
    "/api/v2/clients/{id}/lifetime-value": ("/api/v2/clients/1/lifetime-value", "staff"),
    "/api/v2/barbers/{id}/reviews": ("/api/v2/barbers/1/reviews", ""),
    "/api/v2/waitlist": ("/api/v2/waitlist?location_id=1&date=2026-03-20", "staff"),
    "/api/v2/notifications": ("/api/v2/notifications", "owner"),
    "/api/v2/payments/{id}": ("/api/v2/payments/1", "owner"),
    "/api/v2/payments/commissions": ("/api/v2/payments/commissions?location_id=1", "owner"),
    "/api/v2/analytics/revenue": ("/api/v2/analytics/revenue?days=30", "owner"),
    "/api/v2/analytics/retention": ("/api/v2/analytics/retention", "owner"),
    "/api/v2/analytics/utilisation": ("/api/v2/analytics/utilisation", "owner"),
    "/api/v2/analytics/top-services": ("/api/v2/analytics/top-services", "owner"),
    "/api/v2/analytics/no-shows": ("/api/v2/analytics/no-shows", "owner"),
    "/api/v2/analytics/six-figures": ("/api/v2/analytics/six-figures?location_id=1", "owner"),
}
NOT_OF_THE_BUSINESS = re.compile(r"/health/|/api/v2/monitoring/|/metrics|/dashboard")
"""Probes and figures about the process: their answers differ from one request to the next."""


def measure(say: Callable[[str], None], scale: float) -> Table:
    """Ask both for every read endpoint in turns, one request at a time."""
    rows, ratios = [], []
    with postgres_in_an_empty_folder(say) as postgres, database_of(postgres, "after", scale, say) as url:
        answers = _recorded(url)
        with (
            serving(url, "after", "--requests-per-minute", "100000000") as after,
            _bare_server(answers, url) as port,
        ):
            for template, (path, role) in EXAMPLES.items():
                after_ms, bare_ms = _in_turns(after, port, path, role, answers[path])
                ratios.append(after_ms / bare_ms)
                say(f"{template}: {after_ms:.2f} against {bare_ms:.2f} ms")
                rows.append(
                    (
                        template,
                        f"{len(answers[path].statements)}",
                        f"{len(answers[path].body):,}",
                        f"{bare_ms:.2f}",
                        f"{after_ms:.2f}",
                        f"{ratios[-1]:.2f}",
                    )
                )
    return Table(
        title="Read endpoints against a bare handler",
        claim=f"AFTER's median is at most {MOST_RATIO:g} times a bare handler's, for every read endpoint",
        columns=("GET", "statements", "bytes", "bare, p50, ms", "AFTER, p50, ms", "ratio"),
        rows=tuple(rows),
        holds=max(ratios) <= MOST_RATIO,
        note=f"Scale {scale:g}, medians of {REPEATS} requests each, taken in turns over one kept connection."
        " Where there are statements, AFTER is asked with another query string each time, so that no answer"
        " is a kept one. The bare handler is aiohttp on uvloop with a pool of the same size; it runs what"
        " AFTER runs for such a request, its middleware included, over one connection.",
    )


def _recorded(url: str) -> dict[str, BareAnswer]:
    """Ask for every example and keep the statements that it takes and the bytes that come back."""
    statements: list[tuple[str, tuple[object, ...]]] = []

    async def note(_: Any, sql: str, values: tuple[object, ...]) -> None:
        statements.append((sql, values))

    async def ask_for_all(backend: Backend) -> dict[str, BareAnswer]:
        await _require_all_covered(backend)
        answers = {}
        for path, role in EXAMPLES.values():
            # The second time: what is remembered of a caller after the first is no work for the bare handler.
            await backend.ask("GET", _never_asked(path, 1), role)
            statements.clear()
            answer = await backend.ask("GET", _never_asked(path, 2), role)
            if answer.status != 200:
                raise RuntimeError(f"GET {path} is answered with {answer.status}: {answer.text}")
            answers[path] = BareAnswer(tuple(statements), answer.text.encode())
        return answers

    components = build("after").components
    answered: dict[str, BareAnswer] = serve_and(watched(components, note), url, ask_for_all)
    return answered


def _never_asked(path: str, number: int) -> str:
    """Add to the query what the endpoints pay no attention to, so that no answer to it is kept."""
    return f"{path}{'&' if '?' in path else '?'}number={number}"


async def _require_all_covered(backend: Backend) -> None:
    paths = (await backend.ask("GET", "/api/v2/openapi.json")).body["paths"]
    reads = {path for path, methods in paths.items() if "get" in methods}
    missing = {path for path in reads if not NOT_OF_THE_BUSINESS.search(path)} - set(EXAMPLES)
    if missing:
        raise RuntimeError(f"read endpoints without an example: {', '.join(sorted(missing))}")


@contextmanager
def _bare_server(answers: dict[str, BareAnswer], url: str) -> Iterator[int]:
    port = free_port()
    pool_size = Settings(database_url=url, port=1).pool_size
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(pickle.dumps(answers))
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.bare_server",
            file.name,
            f"{port}",
            f"{pool_size}",
            url,
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                line = server.stderr.readline()
                assert "serves" in line, line
                yield port
            finally:
                server.terminate()
                server.wait(timeout=30)


def _in_turns(
    after: RunningServer, bare_port: int, path: str, role: str, answer: BareAnswer
) -> tuple[float, float]:
    """Answer the median milliseconds of both; the first requests do not count."""
    headers = {"Authorization": f"Bearer {after.token(ACCOUNTS[role])}"} if role else {}
    after_port = int(after.url.rsplit(":", 1)[1])
    both = [KeptConnection(port) for port in (after_port, bare_port)]
    times: Sequence[list[float]] = ([], [])
    for number in range(WARM_UP + REPEATS):
        paths = (_never_asked(path, 3 + number) if answer.statements else path, path)
        for connection, asked, taken in zip(both, paths, times, strict=True):
            request = request_bytes(f"http://127.0.0.1{asked}", headers)
            started_ns = time.perf_counter_ns()
            status, read = connection.ask(request)
            elapsed_ms = (time.perf_counter_ns() - started_ns) / 1e6
            # Reading JSON would sweep the processor's caches, which the next request then fills again.
            if status != 200 or (read != answer.body and json.loads(read) != json.loads(answer.body)):
                raise RuntimeError(f"GET {path} is answered with {status}: {read[:200]!r}")
            if number >= WARM_UP:
                taken.append(elapsed_ms)
    for connection in both:
        connection.close()
    return median(times[0]), median(times[1])
