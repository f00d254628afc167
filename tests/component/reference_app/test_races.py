"""Double booking is impossible in every variant, and no rival is answered with a server error."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from reference_app.variants import build
from tests.component.reference_app.backends import Answer, Backend, free_starts, run_sql, serve_and
from tests.component.reference_app.conftest import Clone

BARBER = 1
RACERS = 32
SLOTS = 60
SHORT = 4
"""Slots that a quick look races for."""

OVERLAPS = """
    SELECT count(*) AS overlaps
      FROM appointments a JOIN appointments b ON a.barber_id = b.barber_id AND a.id < b.id
     WHERE a.status NOT IN ('cancelled', 'no_show') AND b.status NOT IN ('cancelled', 'no_show')
       AND tstzrange(a.starts_at, a.blocked_until) && tstzrange(b.starts_at, b.blocked_until)
"""


@pytest.mark.parametrize("slots", [SHORT, pytest.param(SLOTS, marks=pytest.mark.long)])
@pytest.mark.parametrize("variant", ["before", "after", "after-request_throttler"])
def test_of_many_rivals_exactly_one_gets_each_slot(variant: str, slots: int, clone: Clone) -> None:
    components = build(variant).components
    url = clone(components.migrations)
    # A deadlock is found after a second by default; nothing here should take that long.
    asyncio.run(run_sql(url, "ALTER DATABASE " + url.rsplit("/", 1)[1] + " SET deadlock_timeout = '20ms'"))

    statuses, booked_ids = serve_and(
        components, url, lambda backend: _race(backend, slots), requests_per_minute=100_000
    )

    assert statuses == [Counter({201: 1, 409: RACERS - 1})] * slots
    assert asyncio.run(run_sql(url, OVERLAPS))[0]["overlaps"] == 0
    stored = asyncio.run(run_sql(url, f"SELECT id FROM appointments WHERE id IN ({booked_ids})"))
    assert len(stored) == slots


async def _race(backend: Backend, slots: int) -> tuple[list[Counter[int]], str]:
    service_id, starts = await free_starts(backend, BARBER, slots)
    await backend.token("client")
    book = _book_at_last if slots == SHORT else _book  # long tests have the machine for themselves
    statuses, booked = [], []
    for start in starts:
        body = {"barber_id": BARBER, "service_id": service_id, "starts_at": start}
        answers = await asyncio.gather(*(book(backend, body) for _ in range(RACERS)))
        statuses.append(Counter(answer.status for answer in answers))
        booked += [str(answer.body["id"]) for answer in answers if answer.status == 201]
    return statuses, ", ".join(booked)


async def _book(backend: Backend, body: dict[str, Any]) -> Answer:
    return await backend.ask("POST", "/api/v2/appointments", "client", body=body)


async def _book_at_last(backend: Backend, body: dict[str, Any]) -> Answer:
    """Book; whom the door of `request_throttler` sends away, as it may on a busy machine, asks again."""
    while True:
        answer = await _book(backend, body)
        if answer.status != 503 or answer.body["error"]["code"] != "overloaded":
            return answer


@pytest.mark.parametrize("variant", ["before", "after"])
def test_a_request_repeated_at_once_with_one_key_books_once(variant: str, clone: Clone) -> None:
    components = build(variant).components

    async def repeat(backend: Backend) -> list[tuple[int, str]]:
        service_id, starts = await free_starts(backend, BARBER, 1)
        body = {"barber_id": BARBER, "service_id": service_id, "starts_at": starts[0]}
        await backend.token("client")
        same = [
            backend.ask(
                "POST", "/api/v2/appointments", "client", body=body, headers={"Idempotency-Key": "once"}
            )
            for _ in range(16)
        ]
        return [(answer.status, answer.text) for answer in await asyncio.gather(*same)]

    answers = serve_and(components, clone(components.migrations), repeat)

    assert {status for status, _ in answers} == {201}
    assert len(set(answers)) == 1


@pytest.mark.parametrize("variant", ["before", "after"])
def test_rivals_that_move_their_appointments_to_one_start_do_not_overlap(variant: str, clone: Clone) -> None:
    components = build(variant).components
    url = clone(components.migrations)

    async def move_all(backend: Backend) -> Counter[int]:
        service_id, starts = await free_starts(backend, BARBER, 9)
        path = "/api/v2/appointments"
        own = []
        for start in starts[:8]:
            body = {"barber_id": BARBER, "service_id": service_id, "starts_at": start}
            own.append((await backend.ask("POST", path, "client", body=body)).body["id"])
        moves = [
            backend.ask("POST", f"{path}/{number}/reschedule", "client", body={"starts_at": starts[8]})
            for number in own
        ]
        return Counter(answer.status for answer in await asyncio.gather(*moves))

    assert serve_and(components, url, move_all) == Counter({200: 1, 409: 7})
    assert asyncio.run(run_sql(url, OVERLAPS))[0]["overlaps"] == 0
