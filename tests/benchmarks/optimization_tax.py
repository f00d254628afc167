"""What each optimization costs a request that it does not help: AFTER with it and without it, in turn."""

import asyncio
from collections.abc import Callable
from statistics import median

import asyncpg

from reference_app.optimizations import ALL
from reference_app.storage.loaded_data import LoadedData, read_loaded_data
from reference_app.variants import build
from tests.benchmarks.middleware_tax import LIVE, ROUNDS, SCALE, Kind, ask, started
from tests.benchmarks.reference_server import database_of, postgres_in_an_empty_folder
from tests.benchmarks.table import Table

MOST_US = 10.0
HELPS_EVERYBODY = frozenset(
    {"consolidated_middleware", "gcra_rate_limits", "uvloop", "no_access_log", "garbage_collection"}
)
"""The first two spare every request milliseconds; the others are of the process, not of the application."""

PATHS = {"request_throttler": "/api/v2/nothing", "resource_pools": "/health/ready"}
"""Health never waits for a place, so the throttler is asked for an unknown path; pools lend a connection."""


def measure(say: Callable[[str], None]) -> Table:
    """Ask for what needs no service and no kept answer: GET /health/live, or what `PATHS` names."""
    with postgres_in_an_empty_folder(say) as postgres, database_of(postgres, "after", SCALE, say) as url:
        taxes = asyncio.run(_taxes(url))
    return Table(
        title="What each optimization costs where it does not help",
        claim=f"at most {MOST_US:.0f} us a request",
        columns=("optimization", "AFTER with it, us", "AFTER without it, us", "its tax, us"),
        rows=tuple(
            (name, f"{with_us:.1f}", f"{without_us:.1f}", f"{with_us - without_us:+.1f}")
            for name, with_us, without_us in taxes
        ),
        holds=all(with_us - without_us <= MOST_US for _, with_us, without_us in taxes),
        note=(
            f"Medians of {ROUNDS} rounds, in turn, inside the process;"
            f" left out: {', '.join(sorted(HELPS_EVERYBODY))}."
        ),
    )


async def _taxes(url: str) -> list[tuple[str, float, float]]:
    raw = await asyncpg.connect(url)
    loaded = await read_loaded_data(raw)
    await raw.close()
    return [
        (optimization.id, *await _with_and_without(optimization.id, url, loaded))
        for optimization in ALL
        if optimization.id not in HELPS_EVERYBODY
    ]


async def _with_and_without(name: str, url: str, loaded: LoadedData) -> tuple[float, float]:
    kind = Kind("", "GET", PATHS.get(name, LIVE))
    after, left_out = build("after").components, build("after", removed=[name]).components
    async with started(after, url, loaded) as one, started(left_out, url, loaded) as other:
        for app in (one, other):
            await ask(app, kind, "")
        pairs = [(await ask(one, kind, ""), await ask(other, kind, "")) for _ in range(ROUNDS)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
