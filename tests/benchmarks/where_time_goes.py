"""Where a request's time goes, before and after: by endpoint from `Server-Timing`, by layer as self time."""

import re
from collections.abc import Callable
from statistics import median

from tests.benchmarks.reference_server import (
    RunningServer,
    database_of,
    postgres_in_an_empty_folder,
    serving,
)
from tests.benchmarks.table import Table

SCALES = (0.1, 1.0)
VARIANTS = ("before", "after --without response_cache", "after")
REPEATS = 15
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
    with postgres_in_an_empty_folder(say) as postgres:
        for scale in SCALES:
            for variant in VARIANTS:
                data, *more = variant.split()
                with database_of(postgres, data, scale, say) as url, serving(url, data, *more) as server:
                    rows += _endpoints(server, variant, scale)
                    rows += _layers(server, variant, scale)
    return Table(
        title="Where the time goes",
        claim="shown for itself",
        columns=(
            "variant",
            "scale",
            "request, or layer",
            "all, ms",
            "middleware, ms",
            "database, ms",
            "statements",
        ),
        rows=tuple(rows),
        holds=None,
        note=f"Medians of {REPEATS} requests, one at a time; of layers, the mean own time over all of these.",
    )


def _endpoints(server: RunningServer, variant: str, scale: float) -> list[tuple[str, ...]]:
    rows = []
    for name, (path, email) in REQUESTS.items():
        server.get(path, email)
        times = [_times(server.get(path, email)[1]) for _ in range(REPEATS)]
        app_ms, middleware_ms, database_ms, statements = (
            median(column) for column in zip(*times, strict=True)
        )
        rows.append(
            (
                variant,
                f"{scale:g}",
                name,
                f"{app_ms:.1f}",
                f"{middleware_ms:.1f}",
                f"{database_ms:.1f}",
                f"{statements:.0f}",
            )
        )
    return rows


def _layers(server: RunningServer, variant: str, scale: float) -> list[tuple[str, ...]]:
    body, _ = server.get("/api/v2/monitoring/middleware")
    return [
        (
            variant,
            f"{scale:g}",
            f"layer {number}: {layer['name']}",
            "",
            f"{layer['self_ms'] / layer['request_count']:.2f}",
            "",
            "",
        )
        for number, layer in enumerate(body["layers"], start=1)
    ]


def _times(header: str) -> tuple[float, ...]:
    found = _TIMES.search(header)
    assert found is not None, header
    return tuple(float(text) for text in found.groups())
