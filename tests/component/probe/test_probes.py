"""What the probes write about real processes, this machine and a real PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import MeasurementError
from harness.probe.host import HostProbe, describe_machine
from harness.probe.process import ProcessProbe, cpu_seconds, describe_tree
from harness.probe.queries import read_statements, reset_statements
from harness.target.child import wait_for
from harness.target.connection import execute, fetch
from harness.target.postgres import Postgres, open_postgres

PROCESS_KEYS = ["at_ns", "uss_bytes", "rss_bytes", "cpu_s", "thread_count", "fd_count", "process_count"]
TREE = """
import subprocess, sys
ballast = bytearray(b"x" * 30_000_000)
script = "import sys; b = bytearray(b'x' * 20_000_000); print(flush=True); sys.stdin.read()"
child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
sys.stdin.read()
child.communicate()
"""


@pytest.fixture
def tree() -> Iterator[subprocess.Popen[str]]:
    """A process of 30 MB with a child of 20 MB; both are up, and end with its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-c", TREE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.communicate()


def lines(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_memory_and_cpu_are_those_of_the_whole_tree(tree: subprocess.Popen[str]):
    seen = describe_tree(tree.pid)

    assert seen is not None
    assert list(seen) == PROCESS_KEYS
    assert seen["process_count"] == 2
    assert 50_000_000 < seen["uss_bytes"] < 200_000_000
    assert seen["uss_bytes"] <= seen["rss_bytes"]
    assert 0 < seen["cpu_s"] <= cpu_seconds(tree.pid)


def test_cpu_time_of_children_that_have_ended_still_counts():
    burn = "import time; e = time.process_time() + .3\nwhile time.process_time() < e: pass"
    wait = "print(flush=True)\ninput()"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\n{wait}"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()

    assert cpu_seconds(process.pid) >= 0.29
    process.communicate("\n")
    assert cpu_seconds(process.pid) == 0


def test_probe_writes_at_its_start_at_its_pace_and_at_its_end(tree: subprocess.Popen[str], tmp_path: Path):
    path = tmp_path / "process.jsonl"
    with ProcessProbe(tree.pid, path, interval_s=0.01):
        assert wait_for(lambda: path.exists() and len(lines(path)) >= 3, timeout_s=30)
        seen_inside = len(lines(path))

    at_ns = [line["at_ns"] for line in lines(path)]
    assert len(at_ns) > seen_inside
    assert at_ns == sorted(at_ns)


def test_probe_survives_the_death_of_its_process(tree: subprocess.Popen[str], tmp_path: Path):
    path = tmp_path / "process.jsonl"
    with ProcessProbe(tree.pid, path, interval_s=0.01):
        assert wait_for(lambda: path.exists() and len(lines(path)) >= 1, timeout_s=30)
        tree.communicate()
        assert describe_tree(tree.pid) is None

    assert all(list(line) == PROCESS_KEYS for line in lines(path))


def test_host_probe_writes_shares_of_all_cores(tmp_path: Path):
    path = tmp_path / "host.jsonl"
    with HostProbe(path, interval_s=0.01):
        assert wait_for(lambda: path.exists() and len(lines(path)) >= 3, timeout_s=30)

    for line in lines(path):
        assert list(line) == ["at_ns", "cpu_share", "steal_share", "load_1m"]
        assert 0 <= line["cpu_share"] <= 1
        assert 0 <= line["steal_share"] <= 1


def test_machine_is_described_without_its_name():
    described = describe_machine()

    assert described["machine"]["logical_cpus"] == os.cpu_count()
    assert described["packages"]["asyncpg"]
    assert os.uname().nodename not in json.dumps(described).split('"')


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    execute(postgres.admin_url, "CREATE DATABASE probed", "CREATE DATABASE not_probed")
    yield "probed"
    execute(postgres.admin_url, "DROP DATABASE probed", "DROP DATABASE not_probed")


def test_statements_are_those_of_one_database_since_the_reset(postgres: Postgres, database: str):
    url, other_url = postgres.url(database), postgres.url("not_probed")
    fetch(url, "SELECT 'warm-up', $1::int", 1)
    reset_statements(postgres.admin_url, database)
    for number in range(3):
        fetch(url, "SELECT generate_series(1, $1::int)", number)
        fetch(other_url, "SELECT 'other', $1::int", number)

    answer = read_statements(postgres.admin_url, database)

    assert answer["available"]
    [statement] = [row for row in answer["statements"] if "generate_series" in row["query"]]
    assert (statement["calls"], statement["rows"]) == (3, 3)
    assert statement["mean_ms"] == pytest.approx(statement["total_ms"] / 3)
    texts = " ".join(row["query"] for row in answer["statements"])
    assert "warm-up" not in texts
    assert "other" not in texts
    assert json.loads(json.dumps(answer)) == answer


def test_a_server_that_went_away_makes_the_measurement_invalid():
    for ask in (reset_statements, read_statements):
        with pytest.raises(MeasurementError, match="no longer answers") as caught:
            ask("postgresql://user:secret@127.0.0.1:1/postgres", "probed")
        assert "secret" not in str(caught.value)


def test_statements_are_cut_to_those_that_cost_most(postgres: Postgres, database: str):
    url = postgres.url(database)
    reset_statements(postgres.admin_url, database)
    fetch(url, "SELECT 1 AS cheap")
    fetch(url, "SELECT sum(n) FROM generate_series(1, 300000) AS n")

    [statement] = read_statements(postgres.admin_url, database, top=1)["statements"]
    assert "sum(n)" in statement["query"]


def test_a_server_without_the_extension_says_why_there_are_no_statements(postgres_15_url: str):
    with open_postgres(database_url=postgres_15_url, say=lambda _: None) as postgres:
        reset_statements(postgres.admin_url, "postgres")
        answer = read_statements(postgres.admin_url, "postgres")

    assert answer["available"] is False
    assert "pg_stat_statements" in answer["reason"]


def test_a_role_that_may_not_reset_gets_no_statements_rather_than_wrong_ones(
    postgres: Postgres, database: str
):
    execute(postgres.admin_url, "CREATE ROLE watcher LOGIN PASSWORD 'w'")
    url = f"postgresql://watcher:w@{postgres.admin_url.rpartition('@')[2]}"

    answer = read_statements(url, database)

    execute(postgres.admin_url, "DROP ROLE watcher")
    assert answer == {"available": False, "reason": "This role may not run pg_stat_statements_reset."}
