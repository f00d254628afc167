"""`circuit_breakers`: without it all wait for a service that fails, with it few do."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reference_app.domain.errors import DeclinedError, UnavailableError
from reference_app.externals.breakers import CALLS_AT_ONCE, CircuitBreakers
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.circuit_breaker import CallRefusedError
from reference_app.settings import BREAKER_LIMITS, BreakerLimit
from reference_app.variants import Build, build
from tests.component.reference_app.backends import Answer, Backend, free_starts, run_sql, running
from tests.component.reference_app.company import Company
from tests.optimizations.conftest import Clone

CALENDAR = "/api/v2/appointments/1/calendar"
CROWD = 30
WITHOUT = build("after", removed=["circuit_breakers", "resource_pools"])
WITH = build("after")
AT_ONCE = {**BREAKER_LIMITS, "calendar": BreakerLimit(3, 0.0), "email": BreakerLimit(1, 100.0)}
"""The calendar is tried again at once, messages are not."""


def with_company(
    chosen: Build, clone: Clone, work: Callable[[Backend, Company], Awaitable[Any]], **options: Any
) -> Any:
    """Run some work against a backend and the company whose services it asks."""
    url = clone(chosen.components.migrations)

    async def run() -> Any:
        company = Company()
        async with running(chosen.components, url, externals=company.app(), **options) as backend:
            await backend.token("owner")
            try:
                return await work(backend, company)
            finally:
                await company.behave("answers")

    with asyncio.Runner(loop_factory=chosen.components.event_loop) as runner:
        return runner.run(run())


def calls(backend: Backend, count: int) -> list["asyncio.Task[Answer]"]:
    return [asyncio.create_task(backend.ask("POST", CALENDAR, "owner")) for _ in range(count)]


async def breaker(backend: Backend, service: str = "calendar") -> Any:
    shown = (await backend.ask("GET", "/api/v2/monitoring/performance")).body
    return shown["scalability"]["circuit_breakers"][service]


async def call_a_service_that_fails(backend: Backend, company: Company) -> Any:
    await company.behave("fails")
    answers = [await backend.ask("POST", CALENDAR, "owner") for _ in range(20)]
    return company.asked["calendar"], answers


def test_a_service_that_fails_is_asked_each_time_without_them_and_left_alone_with_them(clone: Clone) -> None:
    asked_without, without = with_company(WITHOUT, clone, call_a_service_that_fails)
    asked_with, answers = with_company(WITH, clone, call_a_service_that_fails)

    assert (asked_without, asked_with) == (20, 5)
    assert {answer.status for answer in (*without, *answers)} == {503}
    assert {answer.body["error"]["code"] for answer in (*without, *answers)} == {"calendar_unavailable"}
    waits = [int(answer.headers["Retry-After"]) for answer in answers]
    assert waits[:5] == [1] * 5
    assert all(100 < wait <= 180 for wait in waits[5:])


async def hold_a_crowd(backend: Backend, company: Company, held_count: int) -> Any:
    await company.behave("holds")
    crowd = calls(backend, CROWD)
    await company.until_under_way("calendar", held_count)
    meanwhile = await backend.ask("GET", "/api/v2/locations")
    done_count = sum(task.done() for task in crowd)
    await company.behave("answers")
    return company.most_under_way["calendar"], meanwhile.status, done_count, await asyncio.gather(*crowd)


def test_all_callers_hang_at_once_without_them_and_a_few_of_them_with_them(clone: Clone) -> None:
    most, meanwhile, done_count, answers = with_company(
        WITHOUT, clone, lambda backend, company: hold_a_crowd(backend, company, CROWD)
    )
    assert (most, meanwhile, done_count) == (CROWD, 200, 0)
    assert Counter(answer.status for answer in answers) == {200: CROWD}

    most, meanwhile, _, answers = with_company(
        WITH, clone, lambda backend, company: hold_a_crowd(backend, company, CALLS_AT_ONCE // 2)
    )
    assert most <= CALLS_AT_ONCE < CROWD
    assert meanwhile == 200
    assert {answer.status for answer in answers} <= {200, 503}


def test_a_service_that_hangs_is_given_up_and_asked_again_when_it_is_back(clone: Clone) -> None:
    async def work(backend: Backend, company: Company) -> Any:
        await company.behave("holds")
        crowd = await asyncio.gather(*calls(backend, CROWD))
        hanging = await breaker(backend)
        asked = company.asked["calendar"]
        other = await backend.ask("POST", "/api/v2/notifications/dispatch", "owner", body={"limit": 1})
        await company.behave("answers")
        back = [await backend.ask("POST", CALENDAR, "owner") for _ in range(4)]
        return crowd, hanging, asked, other, back, await breaker(backend)

    crowd, hanging, asked, other, back, recovered = with_company(WITH, clone, work, breaker_limits=AT_ONCE)

    assert {answer.status for answer in crowd} == {503}
    assert hanging["state"] in {"open", "half-open"}
    assert asked <= CALLS_AT_ONCE + 3  # and a trial each time that a caller was free to make one
    assert other.status == 200
    assert [answer.status for answer in back] == [200] * 4
    assert recovered["state"] == "closed"
    assert [change["after"] for change in recovered["changes"]][-2:] == ["half-open", "closed"]


def test_a_message_that_was_not_handed_over_waits_on_and_no_booking_fails(clone: Clone) -> None:
    url: list[str] = []

    def cloned(migrations: tuple[str, ...]) -> str:
        url.append(clone(migrations))
        return url[0]

    async def work(backend: Backend, company: Company) -> Any:
        await company.behave("fails")
        sent = await backend.ask("POST", "/api/v2/notifications/dispatch", "owner", body={"limit": 50})
        service_id, (start,) = await free_starts(backend, 1, 1)
        body = {"barber_id": 1, "service_id": service_id, "starts_at": start}
        booked = await backend.ask("POST", "/api/v2/appointments", "client", body=body)
        return sent.body, booked.status, company.asked["email"]

    limits = {**AT_ONCE, "sms": BreakerLimit(1, 100.0)}
    sent, booked, asked = with_company(WITH, cloned, work, breaker_limits=limits)
    left = asyncio.run(run_sql(url[0], "SELECT id, status FROM notifications"))

    became = {message["id"]: message["status"] for message in sent["messages"]}
    assert asked == 1
    assert (sent["sent_count"], sent["failed_count"]) == (0, len({"email", "sms"}))
    assert sent["queued_count"] == len(became) - 2 > 0
    assert {row["id"]: row["status"] for row in left}.items() >= became.items()
    assert booked == 201


def run_each(outcomes: list[BaseException | None], service: str = "payments") -> tuple[str, Alerts]:
    """Have a service answer so, one call after the other; answer its breaker's state."""
    alerts = Alerts()
    breakers = CircuitBreakers(BREAKER_LIMITS, alerts)

    async def answer(outcome: BaseException | None) -> None:
        if outcome is not None:
            raise outcome

    async def run() -> None:
        for outcome in outcomes:
            try:
                await breakers.run(service, lambda outcome=outcome: answer(outcome))
            except (DeclinedError, UnavailableError, asyncio.CancelledError, CallRefusedError):
                continue

    asyncio.run(run())
    return str(breakers.snapshot()[service]["state"]), alerts


FAILURE = UnavailableError("payments_unavailable", "It does not answer.")


@pytest.mark.parametrize(
    "harmless", [DeclinedError("payment_declined", "No."), asyncio.CancelledError(), None], ids=repr
)
def test_neither_a_declined_payment_nor_a_caller_who_gives_up_is_a_failure(harmless: Any) -> None:
    state, alerts = run_each([harmless] * 20)

    assert state == "closed"
    assert alerts.snapshot()["recent"] == []


def test_an_open_breaker_is_told_once() -> None:
    state, alerts = run_each([None] * 5 + [FAILURE] * 10)

    assert state == "open"
    assert [(notice["key"], notice["sentence"]) for notice in alerts.snapshot()["recent"]] == [
        ("breaker payments", "The payments service is not asked for now: 3 of the last 5 calls failed.")
    ]
