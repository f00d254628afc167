"""Answers kept in memory: found until they are over, within bounds, and not past a change."""

import asyncio
from typing import Any

from reference_app.caching.memory_store import VERSION_COUNT, MemoryStore
from reference_app.caching.store import KeptAnswer


def answer(size: int) -> KeptAnswer:
    return KeptAnswer(b"x" * size, '"etag"')


def test_an_answer_is_found_until_its_time_is_over() -> None:
    now = [100.0]
    store = MemoryStore(clock=lambda: now[0])

    async def work() -> list[Any]:
        await store.put("key", answer(10), 60)
        found = [await store.get("key"), await store.get("other")]
        now[0] = 159.9
        found.append(await store.get("key"))
        now[0] = 160.0
        return [*found, await store.get("key")]

    assert asyncio.run(work()) == [answer(10), None, answer(10), None]


def test_memory_is_bounded_and_what_was_not_asked_for_longest_goes_first() -> None:
    store = MemoryStore(max_bytes=20_000)

    async def work() -> list[bool]:
        for number in range(50):
            await store.put(f"{number:02}", answer(1_000), 60)
            await store.get("00")
        return [await store.get(key) is not None for key in ("00", "01", "49")]

    assert asyncio.run(work()) == [True, False, True]
    assert len(store) <= 20_000 // 1_000


def test_an_answer_of_a_tenth_of_all_memory_is_not_kept() -> None:
    store = MemoryStore(max_bytes=20_000)

    asyncio.run(store.put("large", answer(2_000), 60))

    assert len(store) == 0


def test_a_change_moves_the_version_of_its_scope() -> None:
    store = MemoryStore()
    scopes = ("barber:1", "barber:2", "payments")

    async def work() -> list[tuple[int, ...]]:
        before = await store.versions(scopes)
        await store.bump({"barber:2"})
        return [before, await store.versions(scopes)]

    before, after = asyncio.run(work())

    assert before == (0, 0, 0)
    assert after[1] == 1


def test_ten_thousand_scopes_take_no_more_memory_than_one() -> None:
    store = MemoryStore()

    asyncio.run(store.bump({f"client:{number}" for number in range(10_000)}))

    assert len(store._versions) == VERSION_COUNT
