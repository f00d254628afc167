"""ServiceWatch: a service that is not well is told although nobody asks, once, and once more when it is."""

import asyncio
from typing import Any

from reference_app.monitoring.service_watch import ServiceWatch
from reference_app.scalability.alerts import Alerts
from reference_app.services.registry import ServiceState


class Registry:
    """Two services; how the shop is follows a script, a word for each time that it is asked."""

    def __init__(self, script: list[bool], name: str = "shop") -> None:
        self.asked_count = 0
        self.has_been_asked = asyncio.Event()
        self._script = script
        self._name = name

    async def check_health(self) -> None:
        self.asked_count += 1
        if self.asked_count == len(self._script):
            self.has_been_asked.set()

    def states(self) -> list[ServiceState]:
        is_healthy = self._script[min(self.asked_count, len(self._script)) - 1]
        return [
            ServiceState(name="oven", family="kitchen", call_count=0),
            ServiceState(name=self._name, family="trade", call_count=0, is_healthy=is_healthy),
        ]


def told(alerts: Alerts) -> list[tuple[str, str, str]]:
    return [(one["key"], one["state"], one["severity"]) for one in alerts.snapshot()["recent"]]


def test_it_looks_by_itself_and_tells_each_change_once() -> None:
    alerts = Alerts()

    async def live() -> int:
        registry: Any = Registry([True, False, False, True, True, False])
        watch = ServiceWatch(registry, alerts, {}, interval_s=0.001)
        await watch.open()
        await registry.has_been_asked.wait()
        await watch.close()
        return sum(task.get_name() == "service watch" for task in asyncio.all_tasks())

    assert asyncio.run(live()) == 0
    assert told(alerts) == [
        ("service shop", "raised", "high"),
        ("service shop", "recovered", "high"),
        ("service shop", "raised", "high"),
    ]


def test_whoever_asks_learns_the_states_and_the_alert_is_the_same_one() -> None:
    alerts = Alerts()

    async def look() -> list[bool]:
        registry: Any = Registry([False])
        watch = ServiceWatch(registry, alerts, {})
        return [state.is_healthy for _ in range(3) for state in await watch.look()]

    assert asyncio.run(look()) == [True, False] * 3
    assert told(alerts) == [("service shop", "raised", "high")]


def test_what_has_a_watch_of_its_own_is_handed_to_it_and_raises_no_second_alert() -> None:
    alerts, lost = Alerts(), []

    async def look() -> None:
        registry: Any = Registry([True, False, True], name="database")
        watch = ServiceWatch(registry, alerts, {"database": lost.append})
        for _ in range(3):
            await watch.look()

    asyncio.run(look())

    assert lost == ["It does not answer, or could not start: ready."]
    assert told(alerts) == []
