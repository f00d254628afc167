"""`booking_lock`: without it rivals deadlock in the exclusion constraint, with it they queue up."""

import asyncio
from collections import Counter
from collections.abc import Callable

import asyncpg

from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, free_starts, run_sql, serve_and

RACERS = 32
SLOTS = 8
MAX_RACES = 30
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"


def test_rivals_deadlock_without_the_lock_and_not_with_it(clone: Callable[[tuple[str, ...]], str]) -> None:
    # The pool lets all rivals reach the database at once. One crowd in ten or so deadlocks.
    without = (_race(build("before", added=["connection_pool"]), clone) for _ in range(MAX_RACES))
    with_lock = _race(build("before", added=["connection_pool", "booking_lock"]), clone)

    assert any(deadlocks > 0 for deadlocks in without)
    assert with_lock == 0


def _race(chosen: Build, clone: Callable[[tuple[str, ...]], str]) -> int:
    """Let racers, each with a connection, book the same slots; count the deadlocks that PostgreSQL broke."""
    url = clone(chosen.components.migrations)
    name = url.rsplit("/", 1)[1]
    asyncio.run(run_sql(url, f"ALTER DATABASE {name} SET deadlock_timeout = '10ms'"))

    async def work(backend: Backend) -> Counter[int]:
        service_id, starts = await free_starts(backend, 1, SLOTS)
        await backend.token("client")
        statuses: Counter[int] = Counter()
        for start in starts:
            body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
            statuses.update(await _start_together(backend, url, name, body))
        return statuses

    statuses = serve_and(chosen.components, url, work, pool_size=RACERS)
    assert statuses == Counter({409: (RACERS - 1) * SLOTS, 201: SLOTS})
    return asyncio.run(_deadlocks(url, name))


async def _start_together(backend: Backend, url: str, name: str, body: object) -> list[int]:
    """Hold the table until every racer waits, then let them all go at once."""
    gate = await asyncpg.connect(url)
    try:
        async with gate.transaction():
            await gate.execute("LOCK TABLE appointments IN SHARE MODE")
            rivals = [
                asyncio.create_task(backend.ask("POST", "/api/v2/appointments", "client", body=body))
                for _ in range(RACERS)
            ]
            while await gate.fetchval(WAITING, name) < RACERS:
                # Statistics of other sessions are frozen inside a transaction unless asked for anew.
                await gate.execute("SELECT pg_stat_clear_snapshot()")
        return [answer.status for answer in await asyncio.gather(*rivals)]
    finally:
        await gate.close()


async def _deadlocks(url: str, name: str) -> int:
    """Read the count once the servers of all sessions are gone: each hands in its own as it ends."""
    others = f"SELECT FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    while await run_sql(url, others):
        pass
    rows = await run_sql(url, f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'")
    deadlocks: int = rows[0]["deadlocks"]
    return deadlocks
