"""The real backend behind the balancer, as one command."""

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.target.child import free_port, wait_for
from tests.component.reference_app.backends import PASSWORD
from tests.component.reference_app.conftest import Clone

MIGRATIONS = ("critical_performance_indexes.sql",)


@contextmanager
def balancing(url: str, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `balance` with two instances and wait for its line."""
    port = free_port()
    command = [sys.executable, "-m", "reference_app", "balance", "--instances", "2", "--variant", "after"]
    command += ["--port", str(port), "--database-url", url, *options]
    with tempfile.NamedTemporaryFile() as log, subprocess.Popen(command, stderr=log) as process:
        try:
            told = Path(log.name)
            line = f"after x 2 serves http://127.0.0.1:{port} (Ctrl-C stops it)\n"
            assert wait_for(lambda: line in told.read_text(), timeout_s=60), told.read_text()
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(timeout=60)


def ask(url: str, token: str = "", body: Any = None, **headers: str) -> Any:
    request = urllib.request.Request(url, headers=headers)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_instances_behind_the_balancer_are_one_backend(clone: Clone) -> None:
    with balancing(clone(MIGRATIONS)) as (url, process):
        login = {"email": "client000001@example.test", "password": PASSWORD}
        token = ask(f"{url}/api/v2/auth/login", body=login)["token"]
        instances = ask(f"{url}/balancer/status")["instances"]
        addresses = [f"http://{instance['address']}" for instance in instances]
        days = [f"2026-03-{day}" for day in range(17, 32)]
        path, start = next(
            (path, slots[0])
            for path in (f"/api/v2/availability/slots?barber_id=1&service_id=1&date={day}" for day in days)
            if (slots := ask(addresses[0] + path)["barbers"][0]["slots"])
        )
        kept = [start in json.dumps(ask(address + path)) for address in addresses]
        appointment = {"barber_id": 1, "service_id": 1, "starts_at": start}
        ask(f"{url}/api/v2/appointments", token, appointment)
        gone = [
            wait_for(lambda address=address: start not in json.dumps(ask(address + path)), timeout_s=30)
            for address in addresses
        ]
        tree = {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
        shown: list[Any] = []

        def knows_the_balancer() -> bool:
            performance = ask(f"{url}/api/v2/monitoring/performance", _owner(url))
            shown.append(performance["scalability"]["load_balancer"])
            return shown[-1]["age_s"] is not None

        assert wait_for(knows_the_balancer, timeout_s=30)

    assert kept == gone == [True, True]
    assert {instance["pid"] for instance in instances} <= tree, "whoever measures the tree measures them"
    assert {name: shown[-1]["instances"][name]["state"] for name in "12"} == {"1": "healthy", "2": "healthy"}
    assert not any(psutil.pid_exists(instance["pid"]) for instance in instances)


def test_behind_the_balancer_each_address_has_an_allowance_of_its_own(clone: Clone) -> None:
    with balancing(clone(MIGRATIONS), "--requests-per-minute", "1") as (url, _):
        address = ask(f"{url}/balancer/status")["instances"][0]["address"]
        direct = f"http://{address}/api/v2/locations"
        statuses = [_status(direct, f"192.0.2.{number // 13}") for number in range(26)]

    assert statuses.count(429) == 2, "12 a minute for an address, 13 asked by each of two"


@pytest.mark.long
def test_instances_end_with_a_balancer_that_is_killed(clone: Clone) -> None:
    with balancing(clone(MIGRATIONS)) as (url, process):
        pids = [instance["pid"] for instance in ask(f"{url}/balancer/status")["instances"]]
        process.kill()
        process.wait(timeout=60)

        assert wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids), timeout_s=30)


def _owner(url: str) -> str:
    login = {"email": "owner@example.test", "password": PASSWORD}
    token: str = ask(f"{url}/api/v2/auth/login", body=login)["token"]
    return token


def _status(url: str, forwarded_for: str) -> int:
    request = urllib.request.Request(url, headers={"X-Forwarded-For": forwarded_for})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
