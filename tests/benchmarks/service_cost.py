"""What BEFORE's services cost before the first request: time to start and memory."""

import time
from collections.abc import Callable

import psutil

from tests.benchmarks.reference_server import database_of, postgres_in_an_empty_folder, serving
from tests.benchmarks.table import Table

SCALES = (0.1, 1.0)
MOST_SERVICES_AFTER = 50
LEAST_SERVICES_BEFORE = 190


def measure(say: Callable[[str], None]) -> Table:
    """Start BEFORE, BEFORE without its services, and ask both what they hold."""
    rows, counts = [], []
    with postgres_in_an_empty_folder(say) as postgres:
        for scale in SCALES:
            with database_of(postgres, "before", scale, say) as url:
                for variant in (["before"], ["before", "--with", "optimized_services"]):
                    started_s = time.monotonic()
                    with serving(url, *variant) as server:
                        start_s = time.monotonic() - started_s
                        body, _ = server.get("/api/v2/monitoring/services")
                        memory = psutil.Process(server.pid).memory_full_info()
                    counts.append(body["total_services"])
                    rows.append(
                        (
                            " ".join(variant),
                            f"{scale:g}",
                            f"{body['total_services']}",
                            f"{start_s:.2f}",
                            f"{body['start_ms']:.0f}",
                            f"{memory.rss / 2**20:.1f}",
                            f"{memory.uss / 2**20:.1f}",
                        )
                    )
    return Table(
        title="What the services of BEFORE cost at the start",
        claim=f"at least {LEAST_SERVICES_BEFORE} services live before, below {MOST_SERVICES_AFTER} after",
        columns=(
            "variant",
            "scale",
            "live services",
            "start, s",
            "of it services, ms",
            "RSS, MiB",
            "USS, MiB",
        ),
        rows=tuple(rows),
        holds=min(counts[::2]) >= LEAST_SERVICES_BEFORE and max(counts[1::2]) < MOST_SERVICES_AFTER,
        note="Counted by GET /api/v2/monitoring/services; memory right after the start.",
    )
