"""`booking_lock`: without it rivals deadlock in the exclusion constraint, with it they queue up."""

import asyncio
from collections import Counter
from collections.abc import Callable

from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, free_starts, run_sql, serve_and

RACERS = 32
SLOTS = 20


def test_rivals_deadlock_without_the_lock_and_not_with_it(clone: Callable[[tuple[str, ...]], str]) -> None:
    without_winners, without_deadlocks = _race(build("before"), clone)
    with_winners, with_deadlocks = _race(build("before", added=["booking_lock"]), clone)

    assert without_winners == with_winners == Counter({409: (RACERS - 1) * SLOTS, 201: SLOTS})
    assert without_deadlocks > 0
    assert with_deadlocks == 0


def _race(chosen: Build, clone: Callable[[tuple[str, ...]], str]) -> tuple[Counter[int], int]:
    """Let racers book the same slots; answer the statuses and how many deadlocks PostgreSQL broke."""
    url = clone(chosen.components.migrations)
    name = url.rsplit("/", 1)[1]
    asyncio.run(run_sql(url, f"ALTER DATABASE {name} SET deadlock_timeout = '5ms'"))

    async def work(backend: Backend) -> Counter[int]:
        service_id, starts = await free_starts(backend, 1, SLOTS)
        statuses: Counter[int] = Counter()
        for start in starts:
            body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
            rivals = [backend.ask("POST", "/api/v2/appointments", "client", body=body) for _ in range(RACERS)]
            statuses.update(answer.status for answer in await asyncio.gather(*rivals))
        return statuses

    statuses = serve_and(chosen.components, url, work)
    rows = asyncio.run(run_sql(url, f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'"))
    return statuses, rows[0]["deadlocks"]
