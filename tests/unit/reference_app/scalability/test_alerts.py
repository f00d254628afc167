"""Alerts: each change is told once, to the log and to a webhook that may be slow, failing or away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from reference_app.failure import StartError
from reference_app.scalability.alerts import MAX_ACTIVE, RECENT_COUNT, Alerts
from reference_app.scalability.webhook import QUEUE_SIZE, Webhook

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
DEADLINE_S = 30


class Clock:
    """A clock that ticks each time that it is read."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def told(alerts: Alerts) -> list[tuple[str, str, str]]:
    return [(notice["key"], notice["state"], notice["severity"]) for notice in alerts.snapshot()["recent"]]


def test_what_is_reported_again_is_counted_and_not_told() -> None:
    alerts = Alerts(now=Clock())
    for _ in range(3):
        alerts.report("database", "critical", "The database does not answer.")

    assert told(alerts) == [("database", "raised", "critical")]
    assert alerts.snapshot()["active"] == [
        {
            "key": "database",
            "severity": "critical",
            "sentence": "The database does not answer.",
            "raised_at": "2026-03-14T12:00:01+00:00",
            "report_count": 3,
        }
    ]


def test_a_recovery_is_told_once_and_tells_since_when_it_was_wrong() -> None:
    alerts = Alerts(now=Clock())
    alerts.report("database", "critical", "It does not answer.")
    alerts.clear("database", "It answers again.")
    alerts.clear("database", "It answers again.")

    assert told(alerts) == [("database", "raised", "critical"), ("database", "recovered", "critical")]
    recovery = alerts.snapshot()["recent"][1]
    assert (recovery["raised_at"], recovery["at"]) == (
        "2026-03-14T12:00:01+00:00",
        "2026-03-14T12:00:03+00:00",
    )
    assert alerts.snapshot()["active"] == []


def test_what_was_never_wrong_does_not_recover() -> None:
    alerts = Alerts()
    alerts.clear("database", "It answers.")

    assert told(alerts) == []


def test_another_severity_of_the_same_is_told_and_keeps_its_beginning() -> None:
    alerts = Alerts(now=Clock())
    alerts.report("leak", "low", "30 MB an hour.")
    alerts.report("leak", "high", "150 MB an hour.")

    assert told(alerts) == [("leak", "raised", "low"), ("leak", "raised", "high")]
    assert {notice["raised_at"] for notice in alerts.snapshot()["recent"]} == {"2026-03-14T12:00:01+00:00"}


def test_alerts_hold_no_more_than_they_may_however_much_goes_wrong() -> None:
    alerts = Alerts()
    for number in range(MAX_ACTIVE + 7):
        alerts.report(f"key {number}", "low", "Wrong.")

    shown = alerts.snapshot()
    assert len(shown["active"]) == MAX_ACTIVE
    assert len(shown["recent"]) == RECENT_COUNT
    assert shown["untold_count"] == 7


def test_the_log_has_a_line_for_each_change(caplog: pytest.LogCaptureFixture) -> None:
    alerts = Alerts()
    with caplog.at_level(logging.WARNING):
        alerts.report("redis", "medium", "Redis does not answer.")
        alerts.report("redis", "medium", "Redis does not answer.")
        alerts.clear("redis", "Redis answers again.")

    assert caplog.messages == [
        "medium alert, redis: Redis does not answer.",
        "recovered, redis: Redis answers again.",
    ]


class Receiver:
    """The server behind a webhook: refuses at first as often as told, or never answers."""

    def __init__(self, refusal_count: int = 0, *, hangs: bool = False) -> None:
        self.received: list[dict[str, Any]] = []
        self.asked = asyncio.Event()
        self._left = refusal_count
        self._hangs = hangs
        self._changed = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        document = await request.json()
        self.asked.set()
        if self._hangs:
            await asyncio.Event().wait()
        if self._left:
            self._left -= 1
            return web.Response(status=500)
        async with self._changed:
            self.received.append(document)
            self._changed.notify_all()
        return web.Response(status=204)

    async def wait_for(self, count: int) -> None:
        async with self._changed, asyncio.timeout(DEADLINE_S):
            await self._changed.wait_for(lambda: len(self.received) >= count)


@asynccontextmanager
async def posting_to(receiver: Receiver) -> Any:
    app = web.Application()
    app.add_routes([web.post("/hook", receiver.take)])
    async with TestServer(app, shutdown_timeout=0) as server:
        webhook = Webhook(str(server.make_url("/hook")), pauses_s=(0, 0))
        alerts = Alerts(webhook, now=Clock())
        await alerts.open()
        yield alerts
        await alerts.close()


def with_receiver(receiver: Receiver, work: Callable[[Alerts, Receiver], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with posting_to(receiver) as alerts:
            return await work(alerts, receiver)

    return asyncio.run(run())


def test_the_webhook_gets_each_notice_once_and_in_order() -> None:
    async def work(alerts: Alerts, receiver: Receiver) -> Any:
        alerts.report("database", "critical", "It does not answer.")
        alerts.report("database", "critical", "It does not answer.")
        alerts.clear("database", "It answers again.")
        await receiver.wait_for(2)
        return receiver.received

    assert with_receiver(Receiver(), work) == [
        {
            "key": "database",
            "state": state,
            "severity": "critical",
            "sentence": sentence,
            "at": f"2026-03-14T12:00:0{second}+00:00",
            "raised_at": "2026-03-14T12:00:01+00:00",
        }
        for state, sentence, second in (
            ("raised", "It does not answer.", 2),
            ("recovered", "It answers again.", 3),
        )
    ]


def test_a_webhook_that_refuses_is_asked_again() -> None:
    async def work(alerts: Alerts, receiver: Receiver) -> Any:
        alerts.report("a", "low", "Wrong.")
        await receiver.wait_for(1)
        return len(receiver.received)

    assert with_receiver(Receiver(refusal_count=2), work) == 1


def test_what_a_webhook_never_takes_is_lost_and_counted_and_the_next_is_delivered() -> None:
    async def work(alerts: Alerts, receiver: Receiver) -> Any:
        alerts.report("a", "low", "Wrong.")
        alerts.report("b", "low", "Wrong.")
        await receiver.wait_for(1)
        return [notice["key"] for notice in receiver.received], alerts.snapshot()["webhook"]["lost_count"]

    assert with_receiver(Receiver(refusal_count=3), work) == (["b"], 1)


def test_a_webhook_that_hangs_keeps_nobody_waiting_and_its_queue_stays_bounded() -> None:
    async def work(alerts: Alerts, receiver: Receiver) -> Any:
        alerts.report("first", "low", "Wrong.")
        await receiver.asked.wait()
        for number in range(QUEUE_SIZE + 10):
            alerts.report(f"key {number}", "low", "Wrong.")
        return alerts.snapshot()["webhook"]

    shown = with_receiver(Receiver(hangs=True), work)

    assert shown == {"waiting_count": QUEUE_SIZE, "delivered_count": 0, "lost_count": 10}


def test_a_webhook_that_is_no_url_is_told_at_the_start() -> None:
    with pytest.raises(StartError, match="--alert-webhook is no http"):
        Webhook("example.org")
