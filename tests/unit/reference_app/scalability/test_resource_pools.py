"""Leases, ResourcePool and ResourcePoolManager, on a loop on which no time is spent."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_app.monitoring.request_timings import begin_request
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.leases import SHOWN_COUNT, AcquisitionTimeoutError, Leases, ended
from reference_app.scalability.resource_pools import ResourcePool, ResourcePoolManager
from tests.unit.reference_app.scalability.simulated_time import now, simulated


class Things:
    """A source that counts, and whose things can be broken."""

    def __init__(self) -> None:
        self.made = itertools.count(1)
        self.ended: list[int] = []
        self.unhealthy: set[int] = set()

    async def make(self) -> int:
        await asyncio.sleep(0)
        return next(self.made)

    async def end(self, thing: int) -> None:
        self.ended.append(thing)

    async def is_healthy(self, thing: int) -> bool:
        await asyncio.sleep(0)
        return thing not in self.unhealthy


def pool_of(
    things: Things, *, size: int = 2, timeout_s: float = 5.0, ttl_s: float = 60.0
) -> ResourcePool[int]:
    return ResourcePool(things, Leases("test", size, timeout_s, clock=now), ttl_s, now)


WAIT_S = 2.0
VISITS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1.0, 3.0]),  # comes so long after the one before
        st.sampled_from([0.0, 1.0, 2.0, 7.0]),  # and stays so long
        st.sampled_from([None, None, 0.0, 0.25, 2.0]),  # may give up after so long, even while served
        st.sampled_from(["well", "fails", "breaks it"]),
    ),
    max_size=25,
)


class Crowd:
    """Visitors of a pool, and what they saw."""

    def __init__(self, pool: ResourcePool[int], things: Things) -> None:
        self.served_at: dict[int, float] = {}
        self.gave_up: set[int] = set()
        self.most = 0
        self._pool = pool
        self._things = things
        self._in_use: set[int] = set()

    async def visit(self, number: int, stay_s: float, end: str) -> None:
        asked_at = now()
        try:
            async with self._pool.use() as thing:
                assert now() - asked_at <= WAIT_S
                self.served_at[number] = now()
                await self._stay(thing, stay_s, end)
        except ZeroDivisionError:
            assert end == "fails"
        except AcquisitionTimeoutError:
            assert now() - asked_at == pytest.approx(WAIT_S)
            self.gave_up.add(number)

    async def _stay(self, thing: int, stay_s: float, end: str) -> None:
        assert thing not in self._in_use
        assert thing not in self._things.unhealthy
        self._in_use.add(thing)
        self.most = max(self.most, len(self._in_use))
        try:
            await asyncio.sleep(stay_s)
        finally:
            self._in_use.remove(thing)
        if end == "breaks it":
            self._things.unhealthy.add(thing)
        if end == "fails":
            _ = 1 / 0

    async def come(self, visits: Any) -> dict[str, Any]:
        tasks = []
        for number, (pause_s, stay_s, patience_s, end) in enumerate(visits):
            await asyncio.sleep(pause_s)
            tasks.append(asyncio.create_task(self.visit(number, stay_s, end)))
            if patience_s is not None:
                await asyncio.sleep(patience_s)
                tasks[-1].cancel()
                self.gave_up.add(number)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        shown = self._pool.snapshot()
        await self._pool.close()
        return shown


@given(visits=VISITS, size=st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_any_crowd_is_served_in_order_within_bounds_and_nothing_is_lost(visits: Any, size: int) -> None:
    things = Things()

    async def work() -> tuple[Crowd, dict[str, Any]]:
        crowd = Crowd(pool_of(things, size=size, timeout_s=WAIT_S, ttl_s=5.0), things)
        return crowd, await crowd.come(visits)

    crowd, shown = simulated(work())

    assert crowd.most <= size
    times = [moment for _, moment in sorted(crowd.served_at.items())]
    assert times == sorted(times)  # first come, first served
    assert set(crowd.served_at) | crowd.gave_up == set(range(len(visits)))
    assert (shown["held_count"], shown["waiting_count"]) == (0, 0)
    assert shown["kept_count"] <= size
    assert sorted(things.ended) == list(range(1, next(things.made)))  # each is ended once


def test_a_lease_goes_to_whoever_has_waited_longest_and_to_no_newcomer() -> None:
    async def work() -> list[str]:
        leases = Leases("database", 1, 5.0, clock=now)
        order: list[str] = []

        async def use(name: str) -> None:
            with ended(await leases.acquire()):
                order.append(name)

        first = await leases.acquire()
        waiting = [asyncio.create_task(use(name)) for name in ("a", "b", "c")]
        await asyncio.sleep(1)
        waiting[1].cancel()
        first.end()  # from now on it is a's, who has not yet noticed
        await asyncio.gather(use("newcomer"), *waiting, return_exceptions=True)
        return order

    assert simulated(work()) == ["a", "c", "newcomer"]


def test_what_is_older_than_its_time_is_replaced_and_what_is_younger_is_lent_again() -> None:
    things = Things()

    async def work() -> list[int]:
        pool = pool_of(things)
        seen = []
        for pause_s in (0.0, 59.0, 2.0):
            await asyncio.sleep(pause_s)
            async with pool.use() as thing:
                seen.append(thing)
        return seen

    assert simulated(work()) == [1, 1, 2]
    assert things.ended == [1]


def test_what_is_unhealthy_or_was_in_use_when_something_failed_is_not_lent_again() -> None:
    things = Things()

    async def work() -> tuple[list[int], dict[str, Any]]:
        pool = pool_of(things)
        seen = []
        async with pool.use() as thing:
            seen.append(thing)
        things.unhealthy.add(thing)
        with pytest.raises(ZeroDivisionError):
            async with pool.use() as thing:
                seen.append(thing / (thing - thing))
        seen.append(thing)
        async with pool.use() as thing:
            seen.append(thing)
        return seen, pool.snapshot()

    seen, shown = simulated(work())

    assert seen == [1, 2, 3]
    assert (shown["unhealthy_count"], shown["in_doubt_count"], shown["kept_count"]) == (1, 1, 1)


def test_a_source_that_cannot_make_one_takes_no_place() -> None:
    class Broken(Things):
        async def make(self) -> int:
            raise OSError("no route")

    async def work() -> dict[str, Any]:
        pool = pool_of(Broken(), size=1)
        for _ in range(3):
            with pytest.raises(OSError, match="no route"):
                await pool.use().__aenter__()
        return pool.snapshot()

    assert simulated(work())["held_count"] == 0


def test_the_report_names_who_holds_one_since_when_and_where_they_are() -> None:
    async def hold(leases: Leases, request: str, freed: asyncio.Event) -> None:
        begin_request(request)
        with ended(await leases.acquire()):
            await freed.wait()

    async def forget(leases: Leases) -> None:
        begin_request("GET /forgotten")
        await leases.acquire()

    async def work() -> dict[str, Any]:
        leases, freed = Leases("database", 3, 5.0, clock=now), asyncio.Event()
        holder = asyncio.create_task(hold(leases, "POST /api/v2/payments", freed))
        await asyncio.sleep(31)
        await asyncio.create_task(forget(leases))
        waiter = asyncio.create_task(hold(leases, "GET /new", freed))
        await asyncio.sleep(0)
        shown = leases.snapshot()
        freed.set()
        await asyncio.gather(holder, waiter)
        return shown

    shown = simulated(work())

    assert [(one["holder"], one["held_s"], one["is_suspect"]) for one in shown["oldest_holders"]] == [
        ("POST /api/v2/payments", 31.0, True),  # for too long
        ("GET /forgotten", 0.0, True),  # whoever took it has ended
        ("GET /new", 0.0, False),
    ]
    assert shown["suspect_count"] == 2


def test_the_report_is_bounded() -> None:
    async def work() -> dict[str, Any]:
        leases = Leases("database", 64, 5.0, clock=now)
        for _ in range(64):
            await leases.acquire()
        return leases.snapshot()

    shown = simulated(work())

    assert (shown["held_count"], len(shown["oldest_holders"])) == (64, SHOWN_COUNT)


def test_who_waited_in_vain_is_told_for_whom_and_the_alert_ends_when_nobody_waits() -> None:
    alerts = Alerts()

    async def work() -> tuple[str, dict[str, Any]]:
        begin_request("GET /api/v2/slow")
        leases = ResourcePoolManager(alerts, now).leases("database", 1, 5.0)
        lease = await leases.acquire()
        with pytest.raises(AcquisitionTimeoutError) as told:
            await leases.acquire()
        lease.end()
        lease.end()  # giving it back twice frees it once
        return str(told.value), leases.snapshot()

    told, shown = simulated(work())

    assert told == "database: None of 1 became free in 5 s; GET /api/v2/slow has held one for 5.0 s."
    assert [(one["key"], one["state"]) for one in alerts.snapshot()["recent"]] == [
        ("pool database", "raised"),
        ("pool database", "recovered"),
    ]
    assert (shown["held_count"], shown["timeout_count"]) == (0, 1)


def test_the_manager_shows_every_pool_by_its_name_and_closes_them_all() -> None:
    things = Things()

    async def work() -> dict[str, Any]:
        manager = ResourcePoolManager(Alerts(), now)
        manager.leases("database", 4, 5.0)
        pool = manager.pool("payments", things, size=2, timeout_s=1.0, ttl_s=60.0)
        async with pool.use():
            pass
        await manager.close()
        return manager.snapshot()

    shown = simulated(work())

    assert (shown["database"]["size"], shown["payments"]["closed_count"]) == (4, 1)
    assert things.ended == [1]
