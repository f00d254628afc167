"""PostgreSQL and Redis go away and come back: what is answered meanwhile, what is kept, and what is told."""

import asyncio
import itertools
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.target.child import wait_for
from harness.target.postgres import open_postgres
from reference_app.storage.connections import connect
from reference_app.storage.invariants import find_breaches
from reference_app.variants import build
from tests.component.reference_app.backends import Answer, Backend, free_starts, make_template, running
from tests.component.reference_app.conftest import SCALE, Clone
from tests.component.reference_app.hook import Hook
from tests.conftest import RedisServer

AFTER = build("after")


class OwnPostgres:
    """A PostgreSQL that a test can end and start again, with the command line that it was started with."""

    def __init__(self, admin_url: str, postmaster_pid: int) -> None:
        self.admin_url = admin_url
        self._process = psutil.Process(postmaster_pid)
        self._command = self._process.cmdline()
        self._user = self._process.uids().real
        self._status = Path(self._command[self._command.index("-D") + 1]) / "postmaster.pid"
        self._again: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Shut it down at once: sessions are ended, whatever they do."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def start(self) -> None:
        """Start it on the same port and wait until it takes connections."""
        self._again = subprocess.Popen(
            self._command,
            user=self._user,
            cwd="/",
            env={"LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._process = psutil.Process(self._again.pid)
        assert wait_for(self._is_ready, timeout_s=30)

    def end(self) -> None:
        """End what was started again."""
        if self._again is not None and self._again.poll() is None:
            self._again.send_signal(signal.SIGINT)
            self._again.wait(timeout=30)

    def _is_ready(self) -> bool:
        return self._status.exists() and self._status.read_text().rstrip().endswith("ready")


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory, open_folder: Path) -> Iterator[OwnPostgres]:
    folder = open_folder / tmp_path_factory.mktemp("restarted").name
    with open_postgres(database_url=None, cache_dir=folder, say=print) as server:
        own = OwnPostgres(server.admin_url, server.postmaster_pid)
        yield own
        own.end()


class Booker:
    """Books one time after another but the last, and looks at the day in between, until told to stop."""

    def __init__(self, backend: Backend, barber_id: int) -> None:
        self._backend = backend
        self._barber_id = barber_id
        self.answers: list[Answer] = []
        self.has_begun = asyncio.Event()
        self.should_stop = False

    async def run(self, service_id: int, starts: list[str]) -> None:
        for start in itertools.cycle(starts[:-1]):
            if self.should_stop:
                return
            body = {"barber_id": self._barber_id, "service_id": service_id, "starts_at": start}
            self.answers.append(await self._backend.ask("POST", "/api/v2/appointments", "client", body=body))
            path = f"/api/v2/locations/1/day?date={start[:10]}"
            self.answers.append(await self._backend.ask("GET", path, "owner"))
            self.has_begun.set()


def test_a_database_that_restarts_under_load_costs_no_booking_and_nobody_needs_to_help(
    own_postgres: OwnPostgres,
) -> None:
    url = make_template(own_postgres.admin_url, "restarted", "after", SCALE)

    async def work(backend: Backend, hook: Hook) -> tuple[list[Answer], list[Answer], Answer, Answer]:
        await backend.token("client")
        await backend.token("owner")
        bookers = [Booker(backend, barber_id) for barber_id in (1, 2, 3)]
        times = [await free_starts(backend, booker._barber_id, 60) for booker in bookers]
        running_ = [asyncio.create_task(booker.run(*times[index])) for index, booker in enumerate(bookers)]
        await asyncio.gather(*(booker.has_begun.wait() for booker in bookers))
        await asyncio.to_thread(own_postgres.stop)
        away = await backend.ask("GET", "/health/ready")
        await hook.until(("database", "raised"))
        await asyncio.to_thread(own_postgres.start)
        first = await backend.ask("GET", "/health/ready")
        count = sum(len(booker.answers) for booker in bookers)
        await hook.until(("database", "recovered"))
        for booker in bookers:
            booker.should_stop = True
        await asyncio.gather(*running_)
        during = [answer for booker in bookers for answer in booker.answers]
        body = {"barber_id": 1, "service_id": times[0][0], "starts_at": times[0][1][-1]}
        after = await backend.ask("POST", "/api/v2/appointments", "client", body=body)
        assert count <= len(during)
        return during, [after], away, first

    async def run() -> Any:
        hook = Hook()
        async with hook.listening() as hook_url:
            options = {"alert_webhook": hook_url, "requests_per_minute": 1_000_000}
            async with running(AFTER.components, url, **options) as backend:
                found = await work(backend, hook)
        connection = await connect(url)
        booked = [
            f"appointment {answer.body['id']}" for answer in (*found[0], *found[1]) if answer.status == 201
        ]
        breaches = await find_breaches(connection, booked)
        await connection.close()
        return *found, hook.told, booked, breaches

    with asyncio.Runner(loop_factory=AFTER.components.event_loop) as runner:
        during, after, away, first, told, booked, breaches = runner.run(run())

    statuses = Counter(answer.status for answer in during)
    assert set(statuses) <= {200, 201, 409, 503}, statuses
    assert statuses[503] > 0
    assert all("Retry-After" in answer.headers for answer in (away, *during) if answer.status == 503)
    assert (away.status, first.status) == (503, 200)
    assert [answer.status for answer in after] == [201]
    assert len(booked) > 1
    assert breaches == []
    assert [notice for notice in told if notice[0] == "database"] == [
        ("database", "raised"),
        ("database", "recovered"),
    ]


def test_health_says_that_redis_is_away_and_a_quiet_backend_tells_nothing(
    clone: Clone, redis_server: RedisServer
) -> None:
    url = clone(AFTER.components.migrations)

    async def run() -> Any:
        hook = Hook()
        health = []
        async with hook.listening() as hook_url:
            options = {"alert_webhook": hook_url, "redis_url": redis_server.url}
            async with running(AFTER.components, url, **options) as backend:

                async def look() -> Any:
                    await backend.ask("GET", "/api/v2/locations")
                    return await backend.ask("GET", "/health/ready")

                health += [await look() for _ in range(50)]
                told_in_quiet = list(hook.told)
                redis_server.stop()
                await look()
                health.append(await look())
                await hook.until(("redis", "raised"))
                redis_server.start()
                await hook.until(("redis", "recovered"))
                health.append(await look())
        return [(answer.status, answer.body["redis"]) for answer in health], told_in_quiet, hook.told

    with asyncio.Runner(loop_factory=AFTER.components.event_loop) as runner:
        health, told_in_quiet, told = runner.run(run())

    assert health == [(200, "up")] * 50 + [(200, "away"), (200, "up")]
    assert told_in_quiet == []
    assert told == [("redis", "raised"), ("redis", "recovered")]
