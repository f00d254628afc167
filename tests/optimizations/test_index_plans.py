"""Every index is in the plan of a statement that the endpoint or duty runs which its comment names.

The statements are the application's own, with their values, taken from its connections while it answers: each
is explained right before it runs.
"""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from reference_app.duties.command import perform
from reference_app.duties.duty import DUTIES
from reference_app.storage.indexes import INDEXES
from reference_app.variants import build
from tests.benchmarks.reference_server import serving
from tests.component.reference_app.backends import (
    Backend,
    cloned,
    free_starts,
    make_template,
    run_sql,
    serve_and,
)
from tests.component.reference_app.corpus import replay, todays
from tests.component.reference_app.watching import watched

AFTER = build("after")
SCALE, LARGE_SCALE = 1.0, 10.0
SCENARIOS = ("booking_day", "booking_rush", "owner_dashboard", "v1_clients")
SUBJECTS = {"client": 1, "barber": 1, "service": 1}
SMALL_TABLES = {"barbers", "waitlist_entries"}
"""At scale 1 they have a page or two, as cheap to read whole: there the index must only be able to serve.
The long test below asks for more."""
PAIRS = [(index.name, query) for index in INDEXES for query in index.queries]

READS = {
    "GET /api/v2/availability/slots": ("availability/slots?location_id=1&service_id=1&date=2026-03-22", ""),
    "GET /api/v2/availability/next": ("availability/next?location_id=1&service_id=1", ""),
    "GET /api/v2/locations/{id}": ("locations/1", ""),
    "GET /api/v2/locations/{id}/day": ("locations/1/day?date=2026-03-14", "staff"),
    "GET /api/v2/clients/{id}/history": ("clients/1/history", "client"),
    "GET /api/v2/clients/{id}/lifetime-value": ("clients/1/lifetime-value", "staff"),
    "GET /api/v2/clients?email={email}": ("clients?email=client000007%40example.test", "owner"),
    "GET /api/v2/clients?name={name}": ("clients?name=zoe+b", "owner"),
    "GET /api/v2/clients?name={name} of one location": ("clients?name=zo", "staff"),
    "GET /api/v2/barbers/{id}/reviews": ("barbers/1/reviews", ""),
    "GET /api/v2/waitlist": ("waitlist?location_id=1&date=2026-03-20", "staff"),
    "GET /api/v2/notifications": ("notifications?limit=7", "owner"),
    "GET /api/v2/analytics/revenue": ("analytics/revenue?days=7", "owner"),
    "GET /api/v2/analytics/revenue?location_id={id}": ("analytics/revenue?days=7&location_id=2", "owner"),
    "GET /api/v2/analytics/retention": ("analytics/retention?days=7", "owner"),
    "GET /api/v2/analytics/utilisation": ("analytics/utilisation?days=7", "owner"),
    "GET /api/v2/analytics/top-services": ("analytics/top-services?days=7", "owner"),
    "GET /api/v2/analytics/no-shows": ("analytics/no-shows?days=7", "owner"),
    "GET /api/v2/analytics/six-figures?location_id={id}": (
        "analytics/six-figures?days=7&location_id=2",
        "owner",
    ),
    "GET /api/v2/payments/commissions?location_id={id}": (
        "payments/commissions?days=7&location_id=2",
        "owner",
    ),
}


async def log_in(backend: Backend) -> None:
    backend.tokens.clear()
    await backend.token("owner")


async def book_and_cancel(backend: Backend) -> None:
    service_id, starts = await free_starts(backend, 1, 1)
    body = {"barber_id": 1, "service_id": service_id, "starts_at": starts[0]}
    booked = await backend.ask("POST", "/api/v2/appointments", "client", body=body)
    assert booked.status == 201
    cancelled = await backend.ask("POST", f"/api/v2/appointments/{booked.body['id']}/cancel", "client")
    assert cancelled.status == 200


async def come_pay_and_review(backend: Backend) -> None:
    (appointment_id,) = await todays(backend, 1)
    assert (
        await backend.ask("POST", f"/api/v2/appointments/{appointment_id}/complete", "staff")
    ).status == 200
    body: dict[str, Any] = {"appointment_id": appointment_id, "method": "card"}
    assert (await backend.ask("POST", "/api/v2/payments", "client", body=body)).status == 201
    body = {"appointment_id": appointment_id, "rating": 5, "comment": ""}
    assert (await backend.ask("POST", "/api/v2/reviews", "client", body=body)).status == 201


async def dispatch(backend: Backend) -> None:
    answer = await backend.ask("POST", "/api/v2/notifications/dispatch", "owner", body={"limit": 3})
    assert answer.status == 200


WRITES = {
    "POST /api/v2/auth/login": log_in,
    "POST /api/v2/appointments": book_and_cancel,
    "POST /api/v2/appointments/{id}/cancel": book_and_cancel,
    "POST /api/v2/payments": come_pay_and_review,
    "POST /api/v2/reviews": come_pay_and_review,
    "POST /api/v2/notifications/dispatch": dispatch,
}

Plans = dict[tuple[str, bool], set[str]]
"""Indexes by the query that they serve, and by whether the planner was free to read whole tables."""


@pytest.fixture(scope="module")
def plans(postgres_url: str) -> Iterator[Plans]:
    url = make_template(postgres_url, "optimization_plans", "after", SCALE)
    yield _plans_of_every_query(url)
    asyncio.run(run_sql(postgres_url, "DROP DATABASE optimization_plans WITH (FORCE)"))


@pytest.mark.parametrize(("index", "query"), PAIRS, ids=[f"{name}: {query}" for name, query in PAIRS])
def test_the_index_is_in_the_plan_of_the_query_that_it_names(index: str, query: str, plans: Plans) -> None:
    table = next(known.table for known in INDEXES if known.name == index)

    assert index in plans[query, table not in SMALL_TABLES]


def test_there_are_fifty_indexes_and_each_names_its_queries() -> None:
    assert len(INDEXES) >= 50
    assert {query for index in INDEXES for query in index.queries} <= {
        *READS,
        *WRITES,
        *(f"duty {duty.id}" for duty in DUTIES),
    }


@pytest.mark.long
def test_on_a_million_appointments_the_planner_takes_every_index_and_a_day_leaves_none_unused(
    postgres_url: str,
) -> None:
    """Load 1 M appointments; explain every query; then run the corpus, all duties and all scenarios."""
    make_template(postgres_url, "optimization_million", "after", LARGE_SCALE)
    try:
        with cloned(postgres_url, "optimization_million", "optimization_day") as url:
            plans = _plans_of_every_query(url)
            missing = [(index, query) for index, query in PAIRS if index not in plans[query, True]]
        with cloned(postgres_url, "optimization_million", "optimization_day") as url:
            _live_through_a_day(url)
            unused = asyncio.run(
                run_sql(url, "SELECT indexrelname FROM pg_stat_user_indexes WHERE idx_scan = 0")
            )
    finally:
        asyncio.run(run_sql(postgres_url, "DROP DATABASE optimization_million WITH (FORCE)"))

    assert missing == []
    names = {index.name for index in INDEXES}
    assert [row["indexrelname"] for row in unused if row["indexrelname"] in names] == []


def _plans_of_every_query(url: str) -> Plans:
    found: Plans = defaultdict(set)
    query = ""

    async def explain(raw: Any, sql: str, values: tuple[object, ...]) -> None:
        for is_free in (True, False):
            await raw.execute(f"SET enable_seqscan = {'on' if is_free else 'off'}")
            lines = [row[0] for row in await raw.fetch(f"EXPLAIN {sql}", *values)]
            found[query, is_free] |= {
                index.name for index in INDEXES if any(f"{index.name} " in f"{line} " for line in lines)
            }
        await raw.execute("RESET enable_seqscan")

    async def ask_everything(backend: Backend) -> None:
        nonlocal query
        for name, (path, role) in READS.items():
            query = name
            answer = await backend.ask("GET", f"/api/v2/{path}", role)
            assert answer.status == 200, (query, answer)
        for name, write in WRITES.items():
            query = name
            await write(backend)

    components = watched(AFTER.components, explain)
    serve_and(components, url, ask_everything)
    for duty in DUTIES:
        query = f"duty {duty.id}"
        asyncio.run(perform(components, url, duty, SUBJECTS.get(duty.subject or "")))
    return found


def _live_through_a_day(url: str) -> None:
    async def answer_the_corpus(backend: Backend) -> int:
        return len([step async for step in replay(backend)])

    assert serve_and(AFTER.components, url, answer_the_corpus) > 400
    for duty in DUTIES:
        asyncio.run(perform(AFTER.components, url, duty, SUBJECTS.get(duty.subject or "")))
    with serving(url, "after") as server:
        for scenario in SCENARIOS:
            command = [sys.executable, "-m", "locust", "-f", f"scenarios/{scenario}.py", "--headless"]
            command += ["--host", server.url, "--users", "8", "--spawn-rate", "8", "--run-time", "15s"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
