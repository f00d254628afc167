"""Where a request's time goes, before and after: by endpoint, layer, family of services and statement."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from statistics import median

import psutil

from harness.target.connection import fetch
from harness.target.database import CLONE_PREFIX
from harness.target.postgres import Postgres
from tests.benchmarks.reference_server import (
    RunningServer,
    database_of,
    postgres_in_an_empty_folder,
    serving,
)
from tests.benchmarks.table import Table

VARIANTS = ("before", "after --without response_cache", "after")
RUNS = (*product((0.1, 1.0), VARIANTS), (10.0, "before"))
"""Scale and variant; the last one is the size of the experiment `claims`."""
STATEMENT_COUNT = 8
REPEATS = 15
MOST_UNEXPLAINED = 0.1
"""Of a request's time: what may be neither the process's own work nor the database's."""
REQUESTS = {
    "slots of a barber": ("/api/v2/availability/slots?barber_id=1&service_id=1&date=2026-03-19", ""),
    "slots of a shop": ("/api/v2/availability/slots?location_id=1&service_id=1&date=2026-03-19", ""),
    "directory": ("/api/v2/locations", ""),
    "history": ("/api/v2/clients/1/history", "client000001@example.test"),
    "day of a shop": ("/api/v2/locations/1/day?date=2026-03-14", "staff0001@example.test"),
    "revenue": ("/api/v2/analytics/revenue?days=30", "owner@example.test"),
}
_TIMES = re.compile(r'app;dur=([\d.]+), mw;dur=([\d.]+),(?: cache;desc=\w+,)? db;dur=([\d.]+);desc="n=(\d+)"')


def measure(say: Callable[[str], None]) -> Table:
    """Ask each variant for each endpoint, one request at a time."""
    rows: list[tuple[str, ...]] = []
    unexplained: list[float] = []
    with postgres_in_an_empty_folder(say) as postgres:
        for scale, variant in RUNS:
            data, *more = variant.split()
            with database_of(postgres, data, scale, say) as url, serving(url, data, *more) as server:
                fetch(postgres.admin_url, "SELECT pg_stat_statements_reset()")
                asked = {name: _ask(server, *request) for name, request in REQUESTS.items()}
                found = [*_endpoints(asked), *_layers(server), *_families(server), *_statements(postgres)]
            rows += [(variant, f"{scale:g}", *row) for row in found]
            if variant == "before":
                unexplained += [spent.unexplained for spent in asked.values()]
    return Table(
        title="Where the time goes",
        claim=f"before, at most {MOST_UNEXPLAINED:.0%} of a request's time is neither work of the process nor"
        " waiting for the database: nothing sleeps",
        columns=(
            "variant",
            "scale",
            "request, layer, family or statement",
            "all, ms",
            "middleware, ms",
            "database, ms",
            "CPU of the process, ms",
            "statements",
        ),
        rows=tuple(rows),
        holds=max(unexplained) <= MOST_UNEXPLAINED,
        note=f"Requests: medians of {REPEATS}, one at a time, and means of the CPU time. Layers, a family's"
        f" service, and the {STATEMENT_COUNT} statements that cost most in all: means over all of these.",
    )


Cells = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Where one endpoint's requests spent their time, by request."""

    app_ms: float
    middleware_ms: float
    database_ms: float
    cpu_ms: float
    """Of the server's process; some of it while a database call was waited for."""
    statement_count: float

    @property
    def unexplained(self) -> float:
        """The share that was neither work of the process nor waiting for the database."""
        return max(0.0, 1 - (self.cpu_ms + self.database_ms) / self.app_ms)


def _ask(server: RunningServer, path: str, email: str) -> Spent:
    server.get(path, email)
    cpu_before_s = _cpu_s(server)
    times = [_times(server.get(path, email)[1]) for _ in range(REPEATS)]
    cpu_s = _cpu_s(server) - cpu_before_s
    app_ms, middleware_ms, database_ms, statement_count = (
        median(column) for column in zip(*times, strict=True)
    )
    return Spent(
        app_ms=app_ms,
        middleware_ms=middleware_ms,
        database_ms=database_ms,
        cpu_ms=1e3 * cpu_s / REPEATS,
        statement_count=statement_count,
    )


def _cpu_s(server: RunningServer) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return times.user + times.system


def _endpoints(asked: Mapping[str, Spent]) -> Iterator[Cells]:
    for name, spent in asked.items():
        times = (spent.app_ms, spent.middleware_ms, spent.database_ms, spent.cpu_ms)
        app, middleware, database, cpu = (f"{time_ms:.1f}" for time_ms in times)
        yield name, app, middleware, database, cpu, f"{spent.statement_count:.0f}"


def _layers(server: RunningServer) -> Iterator[Cells]:
    body, _ = server.get("/api/v2/monitoring/middleware")
    for number, layer in enumerate(body["layers"], start=1):
        own_ms = layer["self_ms"]["sum"] / max(1, layer["calls"])
        yield f"layer {number}: {layer['name']}", "", f"{own_ms:.2f}", "", "", ""


def _families(server: RunningServer) -> Iterator[Cells]:
    """Tell what a call of one service of each family takes, its statements included."""
    body, _ = server.get("/api/v2/monitoring/services")
    calls: Counter[str] = Counter()
    busy_ms: Counter[str] = Counter()
    for service in body["services"]:
        if service["call_count"] is None:
            continue  # used without passing the registry
        calls[service["family"]] += service["call_count"]
        busy_ms[service["family"]] += service["busy_ms"]
    for family in body["families"]:
        if calls[family]:
            yield f"a service of {family}", f"{busy_ms[family] / calls[family]:.1f}", "", "", "", ""


def _statements(postgres: Postgres) -> Iterator[Cells]:
    rows = fetch(
        postgres.admin_url,
        "SELECT query, mean_exec_time AS mean_ms FROM pg_stat_statements s JOIN pg_database d ON d.oid = dbid"
        " WHERE starts_with(datname, $1) ORDER BY total_exec_time DESC LIMIT $2",
        CLONE_PREFIX,
        STATEMENT_COUNT,
    )
    for row in rows:
        yield f"`{' '.join(row['query'].split())[:70]}`", "", "", f"{row['mean_ms']:.1f}", "", ""


def _times(header: str) -> tuple[float, ...]:
    found = _TIMES.search(header)
    assert found is not None, header
    return tuple(float(text) for text in found.groups())
