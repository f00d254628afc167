"""`optimized_services`: without it a request passes a family of services that fetch again what it has."""

from collections.abc import Callable
from typing import Any

from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]
HISTORY = "/api/v2/clients/1/history"


def test_a_request_passes_two_hundred_services_families_without_it_and_one_service_with_it(
    clone: Clone,
) -> None:
    without, with_it = (
        _look(build("after", removed=["response_cache", *removed]), clone)
        for removed in (["optimized_services"], [])
    )

    # Nine services of the account and twelve of analytics, each with a statement; then those of the answer.
    assert (without["statements"], with_it["statements"]) == (21 + 2, 2)
    assert without["called"] >= 21
    assert with_it["called"] == 2
    assert without["services"] > 190
    assert with_it["services"] < 50
    assert with_it["text"] == without["text"]


def test_services_are_made_at_the_start_without_it_and_when_they_are_called_with_it(clone: Clone) -> None:
    without = _look(build("after", removed=["optimized_services"]), clone)
    with_it = _look(build("after"), clone)

    assert without["uninitialized"] == 0
    assert with_it["uninitialized"] >= 5


def _look(chosen: Build, clone: Clone) -> dict[str, Any]:
    async def work(backend: Backend) -> dict[str, Any]:
        await backend.token("client")
        before = await _services(backend)
        answer = await backend.ask("GET", HISTORY, "client")
        after = await _services(backend)
        return {
            "text": answer.text,
            "statements": answer.statement_count,
            "services": len(after),
            "called": sum(
                (after[name]["call_count"] or 0) > (before[name]["call_count"] or 0) for name in after
            ),
            "uninitialized": sum(service["lifecycle"] == "uninitialized" for service in before.values()),
        }

    found: dict[str, Any] = serve_and(chosen.components, clone(chosen.components.migrations), work)
    return found


async def _services(backend: Backend) -> dict[str, Any]:
    body = (await backend.ask("GET", "/api/v2/monitoring/services")).body
    return {service["name"]: service for service in body["services"]}
