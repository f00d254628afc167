"""`set_based_sql`: without it the number of statements grows with the rows, with it it does not."""

from collections.abc import Callable

import pytest

from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, serve_and

WITHOUT = build("after", removed=["set_based_sql"])
WITH = build("after")

# Authentication looks the user up with one statement more, in both.
REQUESTS = {
    "slots of all barbers": ("/api/v2/availability/slots?location_id=1&service_id=1&date=2026-03-19", "", 2),
    "slots of one barber": ("/api/v2/availability/slots?barber_id=1&service_id=1&date=2026-03-19", "", 2),
    "history": ("/api/v2/clients/1/history", "client", 2),
    "day of a location": ("/api/v2/locations/1/day?date=2026-03-14", "staff", 2),
    "revenue": ("/api/v2/analytics/revenue?days=30", "owner", 2),
    "directory": ("/api/v2/locations", "", 4),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_statements_do_not_grow_with_the_rows(name: str, clone: Callable[[tuple[str, ...]], str]) -> None:
    path, role, expected = REQUESTS[name]
    url = clone(WITH.components.migrations)

    without_count, without_text = _ask(WITHOUT, url, path, role)
    with_count, with_text = _ask(WITH, url, path, role)

    assert with_count == expected
    assert without_count > expected
    assert with_text == without_text


def test_without_it_each_barber_costs_three_statements(clone: Callable[[tuple[str, ...]], str]) -> None:
    path = "/api/v2/availability/slots?location_id=1&service_id=1&date=2026-03-19"

    count, text = _ask(WITHOUT, clone(WITHOUT.components.migrations), path, "")

    # Location, service, rules, blackout days, the day's appointments and barbers; then three for each barber.
    assert count == 6 + 3 * text.count('"barber_id"')


def _ask(chosen: Build, url: str, path: str, role: str) -> tuple[int, str]:
    async def work(backend: Backend) -> tuple[int, str]:
        answer = await backend.ask("GET", path, role)
        assert answer.status == 200
        return answer.statement_count, answer.text

    counted: tuple[int, str] = serve_and(chosen.components, url, work)
    return counted
