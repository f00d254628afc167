"""Other companies' servers: the stub does as it is told, and the backend tells what came of it."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from reference_app.externals.stub import SERVICES
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, run_sql, serve_and
from tests.component.reference_app.conftest import Clone
from tests.component.reference_app.corpus import todays

DEEDS = {
    "payments": "/payments/charges",
    "email": "/email/messages",
    "sms": "/sms/messages",
    "calendar": "/calendar/events",
}


@pytest.fixture(scope="module")
def stub_url() -> Iterator[str]:
    command = [sys.executable, "-m", "reference_app", "externals", "--port", "0", "--latency-ms", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
        assert process.wait(timeout=30) == 0


def send(url: str, path: str, body: Any, method: str = "POST", timeout_s: float = 30) -> tuple[int, Any]:
    request = urllib.request.Request(url + path, json.dumps(body).encode(), method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_what_is_asked_twice_with_one_key_happens_once(stub_url: str) -> None:
    references = {
        service: [send(stub_url, path, {"key": key, "amount_cents": 1}) for key in ("a", "a", "b")]
        for service, path in DEEDS.items()
    }
    others = [send(stub_url, "/payments/charges", body) for body in ({"key": "a"}, {}, [], {"key": 1})]

    assert set(references) == set(SERVICES)
    for first, again, another in references.values():
        assert first == again != another
        assert {status for status, _ in (first, again, another)} == {201}
    assert [status for status, _ in others] == [409, 422, 422, 422]


@pytest.mark.parametrize(("mode", "status"), [("fail", 500), ("decline", 402), ("ok", 201)])
def test_a_service_fails_as_it_is_told_and_the_others_do_not(stub_url: str, mode: str, status: int) -> None:
    assert send(stub_url, "/control/payments", {"mode": mode}, "PUT")[0] == 200

    assert send(stub_url, "/payments/charges", {"key": mode})[0] == status
    assert send(stub_url, "/email/messages", {"key": mode})[0] == 201


def test_a_service_takes_as_long_as_it_is_told_or_for_ever(stub_url: str) -> None:
    assert send(stub_url, "/control/sms", {"latency_ms": 200}, "PUT")[1]["latency_ms"] == 200
    started_s = time.monotonic()
    send(stub_url, "/sms/messages", {"key": "late"})
    took_s = time.monotonic() - started_s
    send(stub_url, "/control/sms", {"mode": "hang"}, "PUT")
    with pytest.raises(TimeoutError):
        send(stub_url, "/sms/messages", {"key": "never"}, timeout_s=0.3)

    assert took_s >= 0.2
    wrong = ({"latency_ms": -1}, {"latency_ms": True}, {"latency_ms": "1"}, {"mode": "sulk"})
    assert {send(stub_url, "/control/sms", order, "PUT")[0] for order in wrong} == {422}


@pytest.mark.parametrize(
    ("status", "answered", "code"), [(402, 402, "payment_declined"), (500, 503, "payments_unavailable")]
)
def test_a_payment_that_did_not_come_about_is_told_and_leaves_nothing(
    status: int, answered: int, code: str, clone: Clone
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": "no"}, status=status)

    async def pay(backend: Backend) -> Any:
        (visit,) = await todays(backend, 1)
        await backend.ask("POST", f"/api/v2/appointments/{visit}/complete", "staff")
        body = {"appointment_id": visit, "method": "card"}
        return visit, await backend.ask("POST", "/api/v2/payments", "client", body=body)

    for components in (build("before").components, build("after").components):
        company = web.Application()
        company.add_routes([web.post("/payments/charges", refuse)])
        url = clone(components.migrations)
        visit, answer = serve_and(components, url, pay, externals=company)

        assert (answer.status, answer.body["error"]["code"]) == (answered, code)
        assert asyncio.run(run_sql(url, f"SELECT FROM payments WHERE appointment_id = {visit}")) == []
