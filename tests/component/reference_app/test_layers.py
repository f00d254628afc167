"""Thirteen layers in BEFORE, five in AFTER; what one refuses, every other refuses with the same words."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from reference_app.domain.errors import NotFoundError
from reference_app.middleware.payment_limits import MAX_AMOUNT_CENTS
from reference_app.middleware.security_headers import SECURITY_HEADERS
from reference_app.middleware.webhook_signatures import provider_secret, sign
from reference_app.settings import Settings
from reference_app.variants import build
from tests.component.reference_app.backends import Answer, Backend, run_sql, serve_and
from tests.component.reference_app.conftest import Clone

SECRET = Settings(database_url="", port=1).token_secret
LAYERS = {
    "before": [
        "sre",
        "configuration_security",
        "error_tracker_context",
        "enhanced_security",
        "webhook_security",
        "request_validation",
        "multi_tenancy",
        "financial_security",
        "mfa_enforcement",
        "api_rate_limiting",
        "csrf",
        "security_headers",
        "cache",
    ],
    "after": [
        "request_admission",
        "consolidated_security",
        "consolidated_auth",
        "optimized_rate_limiting",
        "optimized_cache",
    ],
}
REFUSING = (
    build("before"),
    build("after"),
    build("after", removed=["consolidated_middleware"]),
    build("after", removed=["orchestrator", "response_cache"]),
)
Work = Callable[[Backend], Awaitable[Any]]


def ask_all(clone: Clone, work: Work, *statements: str, **options: Any) -> Any:
    """Do the same work against BEFORE, AFTER and AFTER without its layers; the results must be equal."""
    results = []
    for components in (chosen.components for chosen in REFUSING):
        url = clone(components.migrations)
        asyncio.run(run_sql(url, *statements))
        results.append(serve_and(components, url, work, **options))

    assert results[1:] == [results[0]] * (len(REFUSING) - 1)
    return results[0]


@pytest.mark.parametrize("variant", LAYERS)
def test_the_running_application_lists_its_layers_in_order_and_each_was_passed(
    variant: str, clone: Clone
) -> None:
    components = build(variant).components

    async def work(backend: Backend) -> Any:
        await backend.ask("GET", "/api/v2/clients/1/history", "client")
        return (await backend.ask("GET", "/api/v2/monitoring/middleware")).body["layers"]

    layers = serve_and(components, clone(components.migrations), work)

    assert [layer["name"] for layer in layers] == LAYERS[variant]
    times = [layer["self_ms"] for layer in layers]
    assert all(0 < time["p50"] <= time["p95"] <= time["p99"] <= 1.02 * time["sum"] for time in times)
    # The log-in, the history and this question itself, which is not over yet; no layer is left out of a
    # request of its own but the cache of AFTER, where nothing may be kept.
    counts = {layer["name"]: layer["calls"] for layer in layers}
    assert counts.pop("optimized_cache", 2) in {1, 2}
    assert set(counts.values()) == {2}


def test_attacks_webhooks_and_browsers_of_other_sites_are_refused_alike(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Answer]:
        answers = [
            await backend.ask("GET", f"/api/v2/locations?{query}")
            for query in (
                "q=<script>",
                "q=%3Cscript%3E",
                "q=../../etc",
                "q=1;drop table users",
                "q=${jndi:x}",
            )
        ]
        path = "/api/v2/webhooks/payments"
        for secret, body in ((b"guessed", b"{}"), (provider_secret(SECRET, "payments"), b'{"a":1}')):
            headers = {"X-Webhook-Signature": sign(secret, b"{}")}
            answers.append(await backend.ask("POST", path, data=body, headers=headers))
        headers = {"X-Webhook-Signature": sign(provider_secret(SECRET, "payments"), b"{}")}
        answers.append(await backend.ask("POST", path, data=b"{}", headers=headers))
        cookie = {"Cookie": f"session={await backend.token('client')}"}
        origins: tuple[dict[str, str], ...] = (
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "http://["},
            {"X-CSRF-Token": "longer-than-ten-characters"},
            {"Sec-Fetch-Site": "same-origin"},
            {"Origin": backend.url},
        )
        path = "/api/v2/appointments/999999/cancel"
        return answers + [await backend.ask("POST", path, headers=cookie | more) for more in origins]

    answers = ask_all(clone, work)

    assert [answer.status for answer in answers] == [400] * 5 + [401, 401, 404] + [403] * 5 + [404, 404]


def test_absurd_amounts_and_floods_of_them_are_refused_alike(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Answer]:
        path = "/api/v2/nothing-that-exists"
        much = [await backend.ask("POST", path, "staff", body={"amount_cents": MAX_AMOUNT_CENTS + 1})]
        moves = [await backend.ask("POST", path, "staff", body={"amount_cents": 1}) for _ in range(3)]
        last = [
            await backend.ask("POST", path, role, body={"amount_cents": 1}) for role in ("staff", "owner")
        ]
        return [*much, *moves[:1], *moves[-1:], *last]

    answers = ask_all(clone, work, moves_per_minute=3)

    assert [answer.status for answer in answers] == [403, 404, 404, 429, 404]


def test_who_has_a_second_factor_must_have_used_it(clone: Clone) -> None:
    device = (
        "INSERT INTO mfa_devices (user_id, label, secret, last_used_step)"
        " SELECT id, 'Phone', 'JBSWY3DPEHPK3PXP', 0 FROM users WHERE email = 'client000001@example.test'"
    )

    async def work(backend: Backend) -> list[int]:
        claims = {"sub": "4", "email": "client000001@example.test", "role": "client"}
        claims["exp"] = datetime.now(UTC) + timedelta(hours=1)  # type: ignore[assignment]
        statuses = []
        for path in ("/api/v2/clients/1/history", "/api/v1/clients/1/history", "/api/v2/locations"):
            for more in ({}, {"mfa": "a token longer than ten characters"}, {"mfa": True}):
                headers = {"Authorization": f"Bearer {jwt.encode(claims | more, SECRET)}"}
                statuses.append((await backend.ask("GET", path, headers=headers)).status)
        return statuses

    assert ask_all(clone, work, device) == [403, 403, 200, 403, 403, 200, 200, 200, 200]


def test_a_caller_who_used_up_the_minute_is_told_when_to_come_back_and_others_are_not_hurt(
    clone: Clone,
) -> None:
    async def work(backend: Backend) -> list[Any]:
        roles = ("staff", "staff", "staff", "staff", "owner")
        path = "/api/v2/locations/1/day?date=2026-03-14"
        answers = [await backend.ask("GET", path, role) for role in roles]
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
        return answers

    answers = ask_all(clone, work, requests_per_minute=3)

    assert [answer.status for answer in answers] == [200, 200, 200, 429, 200]
    assert answers[3].text == (
        '{"error":{"code":"rate_limited","message":"Too many requests; wait a minute."}}'
    )


def test_every_answer_carries_the_security_headers(clone: Clone) -> None:
    async def work(backend: Backend) -> list[dict[str, str]]:
        answers = [
            await backend.ask("GET", "/api/v2/locations"),
            await backend.ask("GET", "/api/v2/nothing"),
            await backend.ask("GET", "/api/v2/analytics/revenue", "client"),
        ]
        return [{name: answer.headers.get(name, "") for name in SECURITY_HEADERS} for answer in answers]

    assert ask_all(clone, work) == [SECURITY_HEADERS] * 3


def test_other_locations_are_refused_alike_whether_a_rule_of_version_1_or_the_handler_does_it(
    clone: Clone,
) -> None:
    async def work(backend: Backend) -> list[Answer]:
        return [
            await backend.ask("GET", f"/api/{version}/locations/1/day?date={day}", role)
            for version in ("v1", "v2")
            for role in ("", "client", "staff", "far staff", "owner")
            for day in ("2026-03-14", "never")
        ]

    answers = ask_all(clone, work)

    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]


def test_the_cache_of_before_knows_version_1_alone_and_answers_the_same_bytes(clone: Clone) -> None:
    components = build("before").components

    async def work(backend: Backend) -> list[tuple[str, int]]:
        await backend.ask("GET", "/health/live")  # the first request of all reads the clients
        paths = ["/api/v2/locations"] * 2 + ["/api/v1/locations"] * 2
        answers = [await backend.ask("GET", path) for path in paths]
        await backend.ask("POST", "/api/v2/auth/login", body={})
        answers.append(await backend.ask("GET", paths[-1]))
        return [(answer.text, answer.statement_count) for answer in answers]

    answers = serve_and(components, clone(components.migrations), work)
    counts = [count for _, count in answers]

    assert len({text for text, _ in answers}) == 1
    assert counts[0] == counts[1] == counts[2] == counts[4] > counts[3]


def test_each_layer_of_before_that_asks_the_database_opens_its_own_connection(clone: Clone) -> None:
    components = build("before", added=["optimized_services"]).components

    async def work(backend: Backend) -> list[int]:
        await backend.token("client")
        opened = []
        for path, role in (("/health/live", ""), ("/health/live", "client")):
            start = backend.connections.opened_count
            assert (await backend.ask("GET", path, role)).status == 200
            opened.append(backend.connections.opened_count - start)
        return opened

    # Tenant and rate limit; then also the account. Devices are looked for on /api/v2 paths; the clients
    # were read with the first request of all, the log-in.
    assert serve_and(components, clone(components.migrations), work) == [2, 3]


def test_bodies_are_judged_before_anything_else_is_known(clone: Clone) -> None:
    async def work(backend: Backend) -> list[Answer]:
        deep = json.dumps({"a": [[[[[[[[[[[1]]]]]]]]]]]}).encode()
        return [
            await backend.ask("POST", "/api/v2/nothing", data=data) for data in (deep, b"{", b"[]", b"{}")
        ]

    answers = ask_all(clone, work)

    assert [answer.status for answer in answers] == [400, 400, 400, 404]


def test_a_forged_token_is_refused_by_every_endpoint(clone: Clone) -> None:
    async def work(backend: Backend) -> list[tuple[str, str, int]]:
        paths = (await backend.ask("GET", "/api/v2/openapi.json")).body["paths"]
        forged = {"Authorization": "Bearer a-token-that-is-longer-than-ten-characters"}
        return [
            (
                path,
                method,
                (await backend.ask(method.upper(), re.sub(r"{\w+}", "1", path), headers=forged)).status,
            )
            for path, methods in [*paths.items(), ("/api/v2/nothing", {"get": {}, "post": {}})]
            for method in methods
        ]

    answers = ask_all(clone, work)

    assert len(answers) > 40
    assert {status for _, _, status in answers} == {401}


def test_an_error_behind_the_layers_keeps_its_status(clone: Clone) -> None:
    class Broken:
        def __init__(self, error: Exception) -> None:
            self._error = error

        async def directory(self) -> Any:
            raise self._error

    errors = (NotFoundError("shop"), ConnectionResetError(), ZeroDivisionError())
    statuses = []
    for error in errors:
        components = replace(build("after").components, directory=lambda _, error=error: Broken(error))

        async def work(backend: Backend) -> int:
            return (await backend.ask("GET", "/api/v2/locations")).status

        statuses.append(serve_and(components, clone(components.migrations), work))

    assert statuses == [404, 503, 500]
