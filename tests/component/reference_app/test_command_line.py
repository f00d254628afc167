"""`python -m reference_app` as a person or the harness calls it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.component.reference_app.backends import database_url, run_sql
from tests.component.reference_app.conftest import Clone

INDEXES = ("critical_performance_indexes.sql",)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reference_app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def serve(variant: str, url: str, port: int) -> list[str]:
    return ["serve", "--variant", variant, "--port", str(port), "--database-url", url]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_serve_answers_until_sigterm_and_then_exits_with_zero(clone: Clone) -> None:
    port = free_port()
    command = [sys.executable, "-m", "reference_app", *serve("after", clone(INDEXES), port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        announced = server.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as response:
            ready = response.status
        os.kill(server.pid, signal.SIGTERM)
        rest = server.stderr.read()
        code = server.wait(timeout=30)

    assert announced == f"after serves http://127.0.0.1:{port} (Ctrl-C stops it)\n"
    assert (ready, rest, code) == (200, "", 0)


def test_ready_is_unavailable_while_the_database_is_away(clone: Clone, postgres_url: str) -> None:
    url = clone(())
    port = free_port()
    command = [sys.executable, "-m", "reference_app", *serve("before", url, port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        server.stderr.readline()
        name = url.rsplit("/", 1)[1]
        _admin(postgres_url, f"ALTER DATABASE {name} RENAME TO {name}_away")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready")
        refused.value.close()
        _admin(postgres_url, f"ALTER DATABASE {name}_away RENAME TO {name}")
        server.terminate()
        assert server.wait(timeout=30) == 0

    assert refused.value.code == 503


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve", "--variant", "fast", "--port", "1", "--database-url", "x"], "There is no variant 'fast'"),
        (
            ["serve", "--variant", "after", "--without", "magic", "--port", "1", "--database-url", "x"],
            "There is no optimization 'magic'",
        ),
        (
            ["data", "fingerprint", "--variant", "p9", "--scale", "1", "--seed", "1"],
            "There is no variant 'p9'",
        ),
        (
            ["data", "fingerprint", "--variant", "after", "--scale", "nan", "--seed", "1"],
            "'nan' is not a number",
        ),
        (
            ["data", "fingerprint", "--variant", "after", "--scale", "1", "--seed", "-1"],
            "'-1' is not a whole",
        ),
        (["serve", "--variant", "after", "--port", "0", "--database-url", "x"], "'0' is not a whole number"),
        (["serve", "--variant", "after", "--port", "80", "--database-url", "x://"], "cannot be reached"),
        (
            ["serve", "--variant", "after", "--port", "80", "--database-url", "postgresql://127.0.0.1:1/x"],
            "cannot be reached",
        ),
        (
            ["serve", "--variant", "before", "--leak", "magic", "--port", "80", "--database-url", "x"],
            "invalid choice: 'magic'",
        ),
        (
            ["balance", "--variant", "fast", "--port", "1", "--database-url", "x"],
            "There is no variant 'fast'",
        ),
        (
            ["balance", "--weights", "1,0", "--variant", "after", "--port", "1", "--database-url", "x"],
            "'1,0' is no list of positive numbers",
        ),
        (
            ["balance", "--weights", "1,2,1", "--variant", "after", "--port", "1", "--database-url", "x"],
            "--weights has 3 numbers for 2 instances",
        ),
        (
            ["balance", "--instances", "1", "--variant", "after", "--port", "80", "--database-url", "x"],
            "Instance 1 ended before it was ready.",
        ),
        ([], "required"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_one_sentence_with_exit_code_2(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)

    assert result.returncode == 2
    assert result.stdout == ""
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_told_in_one_sentence(clone: Clone) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        result = run(*serve("before", clone(()), holder.getsockname()[1]))

    assert result.returncode == 2
    assert result.stderr.startswith("Error: Port ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["payments", "payments=0/5", "payments=3/x", "taxes=3/5"])
def test_a_breaker_that_is_none_is_told(text: str) -> None:
    result = run(*serve("after", "postgresql://nowhere/none", free_port()), "--breaker", text)

    assert result.returncode == 2
    assert "is not as payments=3/5; services are payments, email, sms, calendar" in result.stderr


def test_a_variant_refuses_the_data_of_another(clone: Clone) -> None:
    result = run(*serve("after", clone(()), free_port()))

    assert result.returncode == 2
    assert "load the data for this variant" in result.stderr


def test_a_database_without_data_is_told(postgres_url: str) -> None:
    result = run(*serve("after", database_url(postgres_url, "template1"), free_port()))

    assert result.returncode == 2
    assert "holds no data" in result.stderr


def test_load_refuses_a_database_that_holds_tables(clone: Clone) -> None:
    result = run(
        *(
            "data",
            "load",
            "--variant",
            "before",
            "--scale",
            "0.01",
            "--seed",
            "1",
            "--database-url",
            clone(()),
        )
    )

    assert result.returncode == 2
    assert "tables already" in result.stderr


def test_load_ends_with_the_rate_of_the_appointments(postgres_url: str) -> None:
    url = database_url(postgres_url, "reference_loaded")
    _admin(postgres_url, "CREATE DATABASE reference_loaded")
    try:
        result = run(
            *("data", "load", "--variant", "after", "--scale", "0.01", "--seed", "1", "--database-url", url)
        )
    finally:
        _admin(postgres_url, "DROP DATABASE reference_loaded")

    assert result.returncode == 0
    assert "rows/s" in result.stderr.splitlines()[-1]


def test_fingerprints_tell_migrations_scale_and_seed_apart_and_nothing_else() -> None:
    def fingerprint(variant: str, scale: str, seed: str) -> str:
        result = run("data", "fingerprint", "--variant", variant, "--scale", scale, "--seed", seed)
        assert result.returncode == 0
        assert result.stdout.count("\n") == 1
        return result.stdout

    after = fingerprint("after", "1", "1")
    others = [fingerprint("before", "1", "1"), fingerprint("after", "2", "1"), fingerprint("after", "1", "2")]

    assert after == fingerprint("p1", "1.0", "1")
    assert len({after, *others}) == 4


def test_variants_lists_every_optimization() -> None:
    result = run("variants")

    assert result.returncode == 0
    for name in (
        "indexes",
        "set_based_sql",
        "booking_lock",
        "garbage_collection",
        "memory_monitoring",
        "circuit_breakers",
        "resource_pools",
        "adaptive_rate_limits",
        "request_throttler",
        "connection_pool",
        "before",
        "p1",
        "p6",
        "after",
    ):
        assert name in result.stdout


def _admin(url: str, statement: str) -> None:
    asyncio.run(run_sql(url, statement))
