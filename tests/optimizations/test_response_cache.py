"""`response_cache`: without it every answer is queried for, with it only after what it depends on changed."""

import asyncio
import time
from base64 import b32decode
from collections.abc import Callable
from typing import Any

import pytest

from reference_app.domain.totp import STEP_S, code_at
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Answer, Backend, free_starts, run_sql, running, serve_and

Clone = Callable[[tuple[str, ...]], str]

WITHOUT = build("after", removed=["response_cache"])
WITH = build("after")
DAY = "2026-03-19"
KEPT: tuple[tuple[str, str], ...] = (
    ("/api/v2/locations", ""),
    ("/api/v2/locations/1", ""),
    (f"/api/v2/availability/slots?barber_id=1&service_id=1&date={DAY}", ""),
    (f"/api/v2/availability/slots?location_id=1&service_id=1&date={DAY}", ""),
    ("/api/v2/availability/next?barber_id=1&service_id=1", ""),
    ("/api/v2/availability/next?location_id=1&service_id=1", "client"),
    ("/api/v2/barbers/1/reviews", ""),
    ("/api/v2/clients/1/history", "client"),
    ("/api/v2/clients/1/history", "owner"),
    ("/api/v2/clients/1/lifetime-value", "owner"),
    ("/api/v2/clients?email=client000001@example.test", "owner"),
    (f"/api/v2/locations/1/day?date={DAY}", "staff"),
    ("/api/v2/locations/1/day?date=2026-03-16", "staff"),
    ("/api/v2/analytics/revenue?days=366&until=2026-03-20", "owner"),
    ("/api/v2/analytics/retention?days=366&until=2026-03-20", "owner"),
    ("/api/v2/analytics/utilisation?days=30&until=2026-04-10", "owner"),
    ("/api/v2/analytics/top-services?days=366&until=2026-03-20", "owner"),
    ("/api/v2/analytics/no-shows?days=366&until=2026-03-20", "owner"),
    ("/api/v2/analytics/six-figures?days=366&until=2026-03-20", "owner"),
    ("/api/v2/payments/commissions?days=366&until=2026-03-20&location_id=1", "staff"),
)
RESTRICTED = [path for path, role in KEPT if role]
MADE_READY = """
    UPDATE appointments SET client_id = 1, status = 'confirmed'
     WHERE id = (SELECT id FROM appointments
                  WHERE barber_id = 1 AND location_id = 1 AND starts_at::date = '2026-03-16'
                    AND status IN ('confirmed', 'pending')
                  ORDER BY id LIMIT 1)
"""
"""A visit of the first client today that can be completed, paid, given back and reviewed."""
TODAYS = (
    "SELECT id FROM appointments WHERE barber_id = 1 AND client_id = 1 AND starts_at::date = '2026-03-16'"
    " AND status = 'confirmed' ORDER BY id LIMIT 1"
)


async def ask_all(backend: Backend) -> list[Answer]:
    return [await backend.ask("GET", path, role) for path, role in KEPT]


def serve(chosen: Build, clone: Clone, work: Callable[[Backend], Any]) -> Any:
    return serve_and(chosen.components, clone(chosen.components.migrations), work)


def test_an_answer_costs_statements_each_time_without_it_and_none_again_with_it(clone: Clone) -> None:
    async def work(backend: Backend) -> Any:
        first, second = await ask_all(backend), await ask_all(backend)
        assert {answer.status for answer in first} == {200}
        assert [answer.text for answer in first] == [answer.text for answer in second]
        assert all(answer.text for answer in first)
        return [answer.statement_count for answer in second]

    assert all(count > 0 for count in serve(WITHOUT, clone, work))
    assert set(serve(WITH, clone, work)) == {0}


def test_no_answer_is_given_out_after_what_it_tells_has_changed(clone: Clone) -> None:
    async def work(backend: Backend, url: str) -> list[list[Answer]]:
        seen = [await ask_all(backend)]
        service_id, starts = await free_starts(backend, 1, 8)

        async def change(path: str, role: str, body: Any = None) -> Any:
            answer = await backend.ask("POST", path, role, body=body)
            assert answer.status in {200, 201}, (path, answer)
            seen.append([answer, *await ask_all(backend)])
            return answer.body

        booking = {"barber_id": 1, "service_id": service_id, "starts_at": starts[0]}
        booked = await change("/api/v2/appointments", "client", booking)
        await change(f"/api/v2/appointments/{booked['id']}/reschedule", "client", {"starts_at": starts[1]})
        await change(f"/api/v2/appointments/{booked['id']}/cancel", "client")
        series = booking | {"starts_at": starts[2], "interval_weeks": 1, "count": 2}
        await change("/api/v2/appointments/recurring", "client", series)
        visit = (await run_sql(url, TODAYS))[0]["id"]
        await change(f"/api/v2/appointments/{visit}/complete", "staff")
        paid = await change("/api/v2/payments", "staff", {"appointment_id": visit, "method": "cash"})
        await change("/api/v2/reviews", "client", {"appointment_id": visit, "rating": 1})
        await change(f"/api/v2/payments/{paid['id']}/refund", "staff", {"amount_cents": 100})
        return seen

    results = []
    for chosen in (WITHOUT, WITH):
        url = clone(chosen.components.migrations)
        asyncio.run(run_sql(url, MADE_READY))

        async def on(backend: Backend, url: str = url) -> list[list[Answer]]:
            return await work(backend, url)

        results.append(serve_and(chosen.components, url, on))

    assert results[1] == results[0]
    # Otherwise the comparison would show nothing: each change changes some of the answers.
    for before, after in zip(results[1], results[1][1:], strict=False):
        assert [answer.text for answer in before[-len(KEPT) :]] != [a.text for a in after[-len(KEPT) :]]


def test_nobody_gets_what_was_kept_for_somebody_else(clone: Clone) -> None:
    roles = ("", "client", "neighbour", "staff", "far staff", "owner")

    async def work(backend: Backend) -> list[tuple[int, str]]:
        for role in reversed(roles):
            for path in RESTRICTED:
                await backend.ask("GET", path, role)
        answers = [await backend.ask("GET", path, role) for role in roles for path in RESTRICTED]
        return [(answer.status, answer.text) for answer in answers]

    kept = serve(WITH, clone, work)

    assert kept == serve(WITHOUT, clone, work)
    assert {status for status, _ in kept[: len(RESTRICTED)]} == {200, 401}
    assert {status for status, _ in kept} >= {200, 401, 403}


def test_who_has_the_answer_already_is_told_so_without_a_query(clone: Clone) -> None:
    path = f"/api/v2/locations/1/day?date={DAY}"

    async def work(backend: Backend) -> list[Any]:
        first = await backend.ask("GET", path, "staff")
        etag = first.headers["ETag"]
        assert etag.startswith('"')
        assert first.headers["Cache-Control"] == "private, no-cache"
        asked = [etag, f'"other", W/{etag}', "*", '"other"']
        answers = [await backend.ask("GET", path, "staff", headers={"If-None-Match": tag}) for tag in asked]
        refused = await backend.ask("GET", path, "far staff", headers={"If-None-Match": etag})
        service_id, starts = await free_starts(backend, 1, 1)
        body = {"barber_id": 1, "service_id": service_id, "starts_at": starts[0]}
        await backend.ask("POST", "/api/v2/appointments", "client", body=body)
        changed = f"/api/v2/locations/1/day?date={starts[0][:10]}"
        fresh = await backend.ask("GET", changed, "staff", headers={"If-None-Match": etag})
        return [
            [(answer.status, bool(answer.text), answer.statement_count) for answer in answers],
            (refused.status, fresh.status, bool(fresh.text)),
        ]

    assert serve(WITH, clone, work) == [
        [(304, False, 0), (304, False, 0), (304, False, 0), (200, True, 0)],
        (403, 200, True),
    ]


def test_a_crowd_that_asks_the_same_at_once_is_answered_by_one_query(clone: Clone) -> None:
    path = "/api/v2/analytics/six-figures?days=366"

    async def work(backend: Backend) -> tuple[set[str], int]:
        await backend.token("owner")
        crowd = [backend.ask("GET", path, "owner") for _ in range(20)]
        answers = await asyncio.gather(*crowd)
        return {answer.text for answer in answers}, sum(answer.statement_count for answer in answers)

    bodies, count = serve(WITH, clone, work)
    alone_bodies, alone_count = serve(WITHOUT, clone, work)

    assert bodies == alone_bodies
    assert len(bodies) == 1
    # The look-up of the caller and the queries of one of them; without it, of each.
    assert count < 2 * alone_count / 20 + 20
    assert alone_count >= 20 * 5


def test_a_write_on_one_instance_ends_the_answers_of_another(clone: Clone) -> None:
    url = clone(WITH.components.migrations)
    path = f"/api/v2/availability/slots?barber_id=1&service_id=1&date={DAY}"

    async def work() -> None:
        async with running(WITH.components, url) as one, running(WITH.components, url) as other:
            old = await other.ask("GET", path)
            assert (await other.ask("GET", path)).statement_count == 0
            service_id = 1
            start = old.body["barbers"][0]["slots"][0]
            body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
            booked = await one.ask("POST", "/api/v2/appointments", "client", body=body)
            assert booked.status == 201
            assert start not in (await one.ask("GET", path)).body["barbers"][0]["slots"]
            deadline_s = time.monotonic() + 10
            while (seen := await other.ask("GET", path)).text == old.text:
                assert time.monotonic() < deadline_s, "the other instance never heard of it"
            assert start not in seen.body["barbers"][0]["slots"]

    asyncio.run(work())


def test_an_instance_that_cannot_hear_of_changes_keeps_nothing(clone: Clone) -> None:
    url = clone(WITH.components.migrations)
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    path = "/api/v2/locations"

    async def work(backend: Backend) -> None:
        await backend.ask("GET", path)
        assert (await backend.ask("GET", path)).statement_count == 0
        assert len(await run_sql(url, end)) == 1
        await _until(backend, path, is_kept=False)
        await _until(backend, path, is_kept=True)

    serve_and(WITH.components, url, work)


async def _until(backend: Backend, path: str, *, is_kept: bool) -> None:
    deadline_s = time.monotonic() + 30
    while ((await backend.ask("GET", path)).statement_count == 0) is not is_kept:
        assert time.monotonic() < deadline_s, f"is_kept never became {is_kept}"


@pytest.mark.parametrize("role", ["client", "owner"])
def test_an_account_that_gets_a_second_factor_needs_it_at_once(role: str, clone: Clone) -> None:
    async def work(backend: Backend) -> tuple[int, int]:
        path = "/api/v2/clients/1/history"
        before = await backend.ask("GET", path, role)
        enrolled = await backend.ask("POST", "/api/v2/auth/mfa/enrol", role)
        secret = b32decode(enrolled.body["secret"])
        body = {"code": code_at(secret, int(time.time()) // STEP_S), "label": "Phone"}
        verified = await backend.ask("POST", "/api/v2/auth/mfa/verify", role, body=body)
        assert verified.status in {200, 201}, verified
        return before.status, (await backend.ask("GET", path, role)).status

    assert serve(WITH, clone, work) == (200, 403)
