"""A server process with a webhook: a fault raises its alert once and takes it back, and quiet raises none."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from harness.target.child import free_port, wait_for
from reference_app.externals.stub import Stub
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, run_sql
from tests.component.reference_app.conftest import Clone
from tests.component.reference_app.hook import Hook

PAUSE_S = 0.2
"""Between two attempts: an account may move money three hundred times a minute."""
NO_CONNECTIONS: Any = None
"""Those of another process."""
CARD_PAYMENTS = "SELECT id FROM payments WHERE method <> 'cash' AND refunded_cents = 0 ORDER BY id LIMIT 50"
READS = ("/health/ready", "/api/v2/locations", "/api/v2/monitoring/services", "/api/v2/monitoring/memory")


@contextmanager
def served(url: str, others: TestServer, hook_url: str) -> Iterator[str]:
    """Serve AFTER by its command line, and answer its URL."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "reference_app", "serve", "--variant", "after", "--port", str(port)),
        *("--database-url", url, "--externals-url", str(others.make_url("")).rstrip("/")),
        *("--breaker", "payments=3/0.1", "--alert-webhook", hook_url),
    ]
    with tempfile.NamedTemporaryFile() as log, subprocess.Popen(command, stderr=log) as server:
        try:
            told = Path(log.name)
            assert wait_for(lambda: " serves " in told.read_text(), timeout_s=60), told.read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


async def behave(others: TestServer, mode: str) -> None:
    """Let the payment service work, or fail."""
    control = others.make_url("/control/payments")
    async with aiohttp.ClientSession() as session, session.put(control, json={"mode": mode}) as answer:
        assert answer.status == 200


async def give_back(backend: Backend, payment_id: int) -> int:
    """Refund a cent, for which the payment service is needed; answer the status."""
    body = {"amount_cents": 1}
    return (await backend.ask("POST", f"/api/v2/payments/{payment_id}/refund", "owner", body=body)).status


async def until_recovered(backend: Backend, payment_id: int, hook: Hook) -> None:
    """Ask for the payment service until it is told that it is back."""
    told = asyncio.ensure_future(hook.until(("breaker payments", "recovered")))
    while not told.done():
        await give_back(backend, payment_id)
        await asyncio.wait({told}, timeout=PAUSE_S)
    await told


def test_payments_that_fail_raise_one_alert_and_one_recovery_and_all_else_raises_none(clone: Clone) -> None:
    url = clone(build("after").components.migrations)

    async def run() -> tuple[list[int], list[tuple[str, str]], list[int], list[tuple[str, str]]]:
        payments = [row["id"] for row in await run_sql(url, CARD_PAYMENTS)]
        hook = Hook()
        async with TestServer(Stub(latency_ms=0).app()) as others, hook.listening() as hook_url:
            with served(url, others, hook_url) as address:
                async with aiohttp.ClientSession() as session:
                    backend = Backend(session, address, NO_CONNECTIONS)
                    quiet = [(await backend.ask("GET", path, "owner")).status for path in READS * 5]
                    quiet += [await give_back(backend, payment) for payment in payments[:5]]
                    told_in_quiet = list(hook.told)
                    await behave(others, "fail")
                    failed = [await give_back(backend, payment) for payment in payments[5:25]]
                    await hook.until(("breaker payments", "raised"))
                    await behave(others, "ok")
                    await until_recovered(backend, payments[-1], hook)
        return quiet, told_in_quiet, failed, hook.told

    quiet, told_in_quiet, failed, told = asyncio.run(run())

    assert set(quiet) <= {200, 201}
    assert told_in_quiet == []
    assert failed == [503] * 20
    assert told == [("breaker payments", "raised"), ("breaker payments", "recovered")]
