"""What BEFORE's layers do each time, each by itself; the component tests have what they answer."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from reference_app.domain.errors import ConflictError, MalformedError
from reference_app.domain.people import User
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.configuration_security import ConfigurationSecurity
from reference_app.legacy.middleware.enhanced_security import EnhancedSecurity
from reference_app.legacy.middleware.error_tracker_context import (
    KEPT_CRUMBS,
    KEPT_TOKENS,
    ErrorTrackerContext,
)
from reference_app.legacy.middleware.mfa_enforcement import MfaEnforcement
from reference_app.legacy.middleware.multi_tenancy import MultiTenancy
from reference_app.legacy.middleware.request_context import CONTEXT, RequestContext
from reference_app.legacy.middleware.sre import SWEEP_EVERY, SiteReliability
from reference_app.middleware.layer import Layer
from reference_app.settings import BreakerLimit, Settings

SETTINGS = Settings(database_url="postgresql://app:secret@127.0.0.1/shop", port=8080)
USER = User(
    id=4,
    email="vip@example.test",
    full_name="V",
    role="client",
    password_hash="",
    client_id=3,
    location_id=None,
    has_mfa_device=False,
)
TABLES: dict[str, list[dict[str, Any]]] = {
    "clients": [
        {"email": f"{kind}@example.test", "customer_type": kind} for kind in ("new", "regular", "vip")
    ],
    "users": [{name: getattr(USER, name) for name in User.__slots__}],
    "locations": [{"id": 1}, {"id": 2}],
    "barbers": [{"id": 11, "location_id": 1}, {"id": 12, "location_id": 2}],
    "services": [{"id": 21, "location_id": 1}],
    "mfa_devices": [],
}


@dataclass
class FakeDatabase:
    """Holds a few rows, and knows how often somebody connected and which tables were read."""

    opened_count: int = 0
    read: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def use(self) -> AsyncIterator["FakeDatabase"]:
        self.opened_count += 1
        yield self

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        table = sql.partition(" FROM ")[2].partition(" ")[0]
        self.read.append(table)
        rows = [row for row in TABLES[table] if "location_id = $1" not in sql or row["location_id"] in values]
        return [tuple(row.values()) for row in rows] if table == "clients" else rows

    async def fetchrow(self, sql: str, *values: object) -> Any:
        return (await self.fetch(sql, *values))[0]


class FakeAccounts:
    """Lets everybody in."""

    async def authenticate(self, _: str) -> User:
        return USER


def parts_of(database: FakeDatabase, settings: Settings = SETTINGS) -> Any:
    return SimpleNamespace(settings=settings, connections=database, accounts=FakeAccounts(), users=None)


def request_of(path: str = "/api/v2/locations", *, email: str = "", **headers: str) -> web.Request:
    """Make a request that carries the context which the first layer would have made."""
    if email:
        claims = {"sub": "4", "email": email, "exp": datetime.now(UTC) + timedelta(hours=1)}
        headers["Authorization"] = f"Bearer {jwt.encode(claims, SETTINGS.token_secret)}"
    request = make_mocked_request("GET", path, headers)
    request[CONTEXT] = RequestContext(trace_id=path)
    return request


def rated_request(email: str) -> web.Request:
    """Make a request whose token layer 3 has read."""
    request = request_of()
    request[CONTEXT].claims = SimpleNamespace(email=email)  # type: ignore[assignment]  # all that is looked at
    return request


async def answer(_: web.Request) -> web.StreamResponse:
    return web.Response()


async def break_down(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def refuse(_: web.Request) -> web.StreamResponse:
    raise ConflictError("taken", "Somebody else was faster.")


async def crash(_: web.Request) -> web.StreamResponse:
    raise ZeroDivisionError


Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def pass_all(layer: Layer, requests: Sequence[web.Request], handler: Handle = answer) -> list[RequestContext]:
    """Send requests through a layer, one after the other, and answer what the layer noted of each."""

    async def send() -> list[RequestContext]:
        for request in requests:
            await layer.handle(request, handler)
        return [request[CONTEXT] for request in requests]

    return asyncio.run(send())


def passes(layer: Layer, request: web.Request, handler: Handle = answer) -> RequestContext:
    """Send one request through a layer."""
    return pass_all(layer, [request], handler)[0]


def fails(layer: Layer, request: web.Request, handler: Handle, error: type[Exception]) -> None:
    with pytest.raises(error):
        passes(layer, request, handler)


def test_layer_1_traces_looks_at_the_machine_and_sweeps_the_error_rate_each_hundred_requests() -> None:
    layer = SiteReliability(Leaks.only(()))
    contexts = pass_all(layer, [request_of() for _ in range(SWEEP_EVERY - 30)])
    for _ in range(20):
        fails(layer, request_of(), refuse, ConflictError)
    before_the_sweep = layer.error_rate
    contexts += pass_all(layer, [request_of() for _ in range(9)], break_down)
    fails(layer, request_of(), crash, ZeroDivisionError)

    assert len({context.trace_id for context in contexts}) == len(contexts)
    assert 0 < contexts[0].notes["machine"]["disk_free_share"] <= 1
    assert before_the_sweep == 0
    # Refusals are answers; what broke, and what crashed, are errors.
    assert layer.error_rate == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        (SETTINGS, []),
        (Settings(database_url="postgresql://app@h/shop?password=x", port=1), []),
        (
            Settings(database_url="mysql://h/shop", port=0, token_secret="short"),
            [
                "the database URL is not PostgreSQL's",
                "the database asks for no password",
                "the token secret is weak",
                "the port is none",
            ],
        ),
    ],
)
def test_layer_2_judges_the_settings_again(settings: Settings, faults: list[str]) -> None:
    layer = ConfigurationSecurity(parts_of(FakeDatabase(), settings))

    for _ in range(2):
        assert passes(layer, request_of()).notes["configuration_faults"] == faults


def test_layer_2_tells_settings_that_changed_since_the_start() -> None:
    limits = {"payments": BreakerLimit(3, 5.0)}
    settings = Settings(database_url=SETTINGS.database_url, port=8080, breaker_limits=limits)
    layer = ConfigurationSecurity(parts_of(FakeDatabase(), settings))
    limits["payments"] = BreakerLimit(3, 500.0)

    assert passes(layer, request_of()).notes["configuration_faults"] == [
        "the settings have changed since the start"
    ]


def test_layer_3_reports_what_failed_with_its_caller_and_no_refusal() -> None:
    layer = ErrorTrackerContext(parts_of(FakeDatabase()), Leaks.only(()))
    passes(layer, request_of("/well", email="vip@example.test"))
    passes(layer, request_of("/broken", email="vip@example.test"), break_down)
    fails(layer, request_of("/taken"), refuse, ConflictError)
    fails(layer, request_of("/crashed"), crash, ZeroDivisionError)

    assert [(report["request"], report["user"], report["error"]) for report in layer.reports] == [
        ("GET /broken", "vip@example.test", "status 500"),
        ("GET /crashed", "", "ZeroDivisionError"),
    ]


def test_layer_3_reports_a_failure_once_though_all_requests_under_way_listen() -> None:
    layer = ErrorTrackerContext(parts_of(FakeDatabase()), Leaks.only(()))

    async def serve_both() -> None:
        is_over = asyncio.Event()

        async def wait(_: web.Request) -> web.StreamResponse:
            await is_over.wait()
            return web.Response()

        async with asyncio.TaskGroup() as group:
            group.create_task(layer.handle(request_of("/waits"), wait))
            await asyncio.sleep(0)
            await layer.handle(request_of("/broken"), break_down)
            is_over.set()

    asyncio.run(serve_both())

    assert [report["request"] for report in layer.reports] == ["GET /broken"]


def test_layer_3_keeps_a_bounded_number_of_tokens_and_requests() -> None:
    layer = ErrorTrackerContext(parts_of(FakeDatabase()), Leaks.only(()))
    pass_all(layer, [request_of(Authorization=f"Bearer {number}") for number in range(2 * KEPT_TOKENS)])
    pass_all(layer, [request_of()] * (2 * KEPT_CRUMBS), break_down)

    assert len(layer._crumbs) == KEPT_TOKENS
    assert len(layer._crumbs[""]) == len(layer.reports) == KEPT_CRUMBS


def test_layer_4_rates_each_caller_by_a_table_of_all_clients_that_it_makes_anew() -> None:
    database = FakeDatabase()
    layer = EnhancedSecurity(parts_of(database), Leaks.only(()))
    risks = {}
    for email in ("new@example.test", "regular@example.test", "vip@example.test", "stranger@example.test"):
        risks[email.partition("@")[0]] = passes(layer, rated_request(email)).risk
    risks["nobody"] = passes(layer, request_of()).risk
    risks["attacker"] = passes(layer, request_of(Referer="javascript:alert(1)")).risk
    layer._clients[:] = [("vip@example.test", "new")]

    assert risks == {"new": 2, "regular": 1, "vip": 0, "stranger": 3, "nobody": 3, "attacker": 4}
    assert passes(layer, rated_request("vip@example.test")).risk == 2
    assert database.read == ["clients"]


def test_layer_4_refuses_an_address_that_holds_an_attack() -> None:
    layer = EnhancedSecurity(parts_of(FakeDatabase()), Leaks.only(()))

    fails(layer, request_of("/api/v2/locations?q=%3Cscript%3E"), answer, MalformedError)


def test_layer_7_builds_the_callers_branch_and_writes_a_line_for_every_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = FakeDatabase()
    layer = MultiTenancy(parts_of(database))
    with caplog.at_level(logging.INFO):
        tenants = [passes(layer, request_of()).notes["tenant"] for _ in range(2)]

    assert database.opened_count == 2
    assert database.read == ["locations", "barbers", "services"] * 2
    assert tenants[0] == tenants[1]
    assert tenants[0].branches[1].barbers == [{"id": 11, "location_id": 1}]
    assert [json.loads(line)["branches"] for line in caplog.messages] == [[1], [1]]


@pytest.mark.parametrize(
    ("path", "looks"),
    [
        ("/api/v1/availability/slots", 0),
        ("/api/v2/availability/slots", 1),
        ("/api/v1/locations", 0),
        ("/api/v2/locations", 1),
        ("/api/v1/clients/1/history", 1),
    ],
)
def test_layer_9_spares_the_look_for_devices_on_paths_of_version_1_alone(path: str, looks: int) -> None:
    database = FakeDatabase()
    layer = MfaEnforcement(parts_of(database), Leaks.only(()))

    passes(layer, request_of(path, email=USER.email))

    assert database.read == ["mfa_devices"] * looks
