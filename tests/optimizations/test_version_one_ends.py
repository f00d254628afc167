"""`version_one_ends`: without it nobody learns that V1 ends, with it callers are told and counted."""

from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from reference_app.variants import build
from reference_app.web.version_one import EndingVersionOne
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]

WITH = build("after")
WITHOUT = build("after", removed=["version_one_ends"])
TOLD = ("Deprecation", "Sunset", "Link")
USAGE = "/api/v2/monitoring/v1-usage"
PATHS = (
    ("/locations", ""),
    ("/clients/1/history?limit=3", "client"),
    ("/clients/1/history", "neighbour"),
    ("/clients/1/history", ""),
    ("/availability/slots?barber_id=x", ""),
    ("/locations?q=<script>", ""),
)
"""Answered, refused by the handler, by a check of the account, by the reading of a value, by a layer."""


def ask(chosen: Any, clone: Clone, work: Any) -> Any:
    return serve_and(chosen.components, clone(chosen.components.migrations), work)


def test_version_one_names_its_end_and_successor_and_keeps_its_bodies(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Any]:
        return [await backend.ask("GET", f"/app/v1{path}", role) for path, role in PATHS]

    told, untold = ask(WITH, clone, work), ask(WITHOUT, clone, work)

    assert told == untold
    assert {answer.status for answer in told} == {200, 400, 401, 403, 422}
    assert [name for answer in untold for name in TOLD if name in answer.headers] == []
    for (path, _), answer in zip(PATHS, told, strict=True):
        since_s = int(answer.headers["Deprecation"].removeprefix("@"))
        assert since_s < parsedate_to_datetime(answer.headers["Sunset"]).timestamp()
        assert answer.headers["Link"] == f'</app/v2{path.partition("?")[0]}>; rel="successor-version"'


def test_the_successor_answers_what_version_one_does_and_is_not_deprecated(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Any]:
        answers = []
        for method, path in (("GET", "/api/v1/locations/1"), ("POST", "/api/v1/auth/mfa/enrol")):
            old = await backend.ask(method, path, "owner")
            link = old.headers["Link"].removeprefix("<").partition(">")[0]
            answers.append((old, await backend.ask(method, link, "owner")))
        return answers

    (location, same_location), (offer, other_offer) = ask(WITH, clone, work)

    assert location == same_location
    assert offer.status == other_offer.status == 200  # each offers a fresh secret
    for answer in (same_location, other_offer):
        assert not set(TOLD) & set(answer.headers)


def test_the_owner_alone_sees_who_still_calls_what(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Any]:
        for version in ("v1", "v2"):
            for role in ("client", "client", "neighbour", ""):
                await backend.ask("GET", f"/mobile/{version}/clients/1/history", role)
            await backend.ask("GET", f"/api/{version}/nothing")
            await backend.ask("DELETE", f"/api/{version}/locations")
        return [await backend.ask("GET", USAGE, role) for role in ("owner", "staff", "client", "")]

    seen, *refused = ask(WITH, clone, work)
    unseen, *also_refused = ask(WITHOUT, clone, work)

    assert [answer.status for answer in refused] == [403, 403, 401]
    assert refused == also_refused
    calls = seen.body["calls"]
    assert [call["call_count"] for call in calls] == [2, 1, 1]
    assert {call["route"] for call in calls} == {"GET /mobile/v1/clients/{id}/history"}
    assert len({call["account_id"] for call in calls}) == 3
    assert None in {call["account_id"] for call in calls}
    assert all(call["address"] == "127.0.0.1" and "aiohttp" in call["user_agent"] for call in calls)
    assert (seen.body["is_counted"], seen.body["call_count"], seen.body["other_call_count"]) == (True, 4, 0)
    assert (unseen.body["is_counted"], unseen.body["call_count"], unseen.body["calls"]) == (False, 0, [])


def test_what_is_counted_one_by_one_is_bounded(clone: Clone) -> None:
    bounded = replace(WITH.components, version_one=lambda: EndingVersionOne(max_entries=2))

    async def work(backend: Backend) -> Any:
        for path in ("/locations", "/locations/1", "/locations/2", "/barbers/1/reviews", "/locations"):
            await backend.ask("GET", f"/api/v1{path}")
        return (await backend.ask("GET", USAGE, "owner")).body

    body = serve_and(bounded, clone(bounded.migrations), work)

    assert [call["call_count"] for call in body["calls"]] == [2, 2]
    assert (body["other_call_count"], body["call_count"]) == (1, 5)


def test_the_routes_are_counted_by_the_same_names_however_they_are_found(clone: Clone) -> None:
    async def work(backend: Backend) -> Any:
        await backend.ask("GET", "/desk/v1/locations/1")
        return [call["route"] for call in (await backend.ask("GET", USAGE, "owner")).body["calls"]]

    aliased = build("after", removed=["literal_routes"])

    assert ask(WITH, clone, work) == ask(aliased, clone, work) == ["GET /desk/v1/locations/{id}"]
