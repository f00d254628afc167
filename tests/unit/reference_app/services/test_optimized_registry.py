"""The registry of AFTER: order, laziness, lifecycle, health and counts of services."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from reference_app.domain.errors import NotFoundError
from reference_app.failure import StartError
from reference_app.services.definitions import ServiceDefinition
from reference_app.services.optimized_registry import OptimizedServiceRegistry, start_order
from tests.unit.reference_app.scalability.simulated_time import simulated

NOBODY: Any = None


class Oven:
    """A service of a test."""

    made_count = 0

    def __init__(self) -> None:
        type(self).made_count += 1

    async def bake(self, what: str) -> str:
        if what == "stones":
            raise NotFoundError("stone")
        if what == "fire":
            raise ZeroDivisionError
        return f"baked {what}"


class Shop:
    """Another one."""


def defined(name: str, kind: type[Any] = Shop, **more: Any) -> ServiceDefinition:
    return ServiceDefinition(name=name, kind=kind, **{"make": lambda _: kind(), **more})


def noted(events: list[str], event: str) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        events.append(event)

    return note


def lifecycles(registry: OptimizedServiceRegistry) -> dict[str, str]:
    return {state.name: state.lifecycle for state in registry.states()}


def test_services_start_after_what_they_need() -> None:
    order = start_order(
        [defined("c", needs=("b", "a")), defined("b", needs=("a",)), defined("a"), defined("d", needs=("c",))]
    )

    assert order == ["a", "b", "c", "d"]


def test_a_circle_is_named_with_all_its_services() -> None:
    services = [
        defined("a", needs=("b",)),
        defined("b", needs=("c",)),
        defined("c", needs=("a",)),
        defined("d"),
    ]

    with pytest.raises(StartError) as raised:
        start_order(services)

    circle = str(raised.value).removeprefix("Services need each other in a circle: ").removesuffix(".")
    names = circle.split(" -> ")
    assert len(names) == 4
    assert names[0] == names[-1]
    assert set(pairwise(names)) == {("a", "b"), ("b", "c"), ("c", "a")}


def test_a_need_that_is_not_defined_is_named() -> None:
    with pytest.raises(StartError, match="'a' needs 'oven', which is not defined"):
        start_order([defined("a", needs=("oven",))])


def test_a_service_is_made_when_it_is_first_called_and_only_once() -> None:
    class LazyOven(Oven):
        made_count = 0

    registry = OptimizedServiceRegistry(
        NOBODY, [defined("bakery", LazyOven, parts=("oven",), make=lambda parts: parts["oven"]())]
    )
    oven: Any = registry.front(LazyOven, "oven", "kitchen")
    asyncio.run(registry.start())
    assert (LazyOven.made_count, lifecycles(registry)) == (0, {"bakery": "uninitialized"})

    async def bake_twice() -> list[str]:
        return [await oven.bake("bread"), await oven.bake("cake")]

    assert asyncio.run(bake_twice()) == ["baked bread", "baked cake"]
    assert (LazyOven.made_count, lifecycles(registry)) == (1, {"bakery": "ready"})


def test_calls_errors_and_refusals_are_told_apart() -> None:
    registry = OptimizedServiceRegistry(
        NOBODY, [defined("bakery", Oven, parts=("oven",), make=lambda parts: parts["oven"])]
    )
    oven: Any = registry.front(Oven(), "oven", "kitchen")

    async def bake() -> None:
        await oven.bake("bread")
        with pytest.raises(NotFoundError):
            await oven.bake("stones")
        with pytest.raises(ZeroDivisionError):
            await oven.bake("fire")

    asyncio.run(bake())
    state = registry.states()[0]

    assert (state.call_count, state.error_count) == (3, 1)
    assert state.busy_s > 0


def test_services_stop_in_reverse_order() -> None:
    events: list[str] = []
    registry = OptimizedServiceRegistry(
        NOBODY,
        [
            defined(
                "roof",
                type("Roof", (), {}),
                needs=("walls",),
                start=noted(events, "roof up"),
                stop=noted(events, "roof down"),
            ),
            defined(
                "walls",
                type("Walls", (), {}),
                start=noted(events, "walls up"),
                stop=noted(events, "walls down"),
            ),
        ],
    )

    async def live() -> None:
        await registry.start()
        assert lifecycles(registry) == {"walls": "ready", "roof": "ready"}
        await registry.stop()

    asyncio.run(live())

    assert events == ["walls up", "roof up", "roof down", "walls down"]
    assert lifecycles(registry) == {"walls": "shut down", "roof": "shut down"}


def test_a_failed_start_stops_everything_and_names_the_service() -> None:
    events: list[str] = []

    async def fail() -> None:
        raise OSError("no bricks left")

    registry = OptimizedServiceRegistry(
        NOBODY,
        [
            defined("ground", type("Ground", (), {}), start=noted(events, "up"), stop=noted(events, "down")),
            defined("walls", type("Walls", (), {}), needs=("ground",), start=fail),
            defined("roof", type("Roof", (), {}), needs=("walls",), start=noted(events, "roof up")),
        ],
    )

    with pytest.raises(StartError, match="Service 'walls' could not start: no bricks left"):
        asyncio.run(registry.start())

    assert events == ["up", "down"]
    assert lifecycles(registry) == {"ground": "shut down", "walls": "error", "roof": "uninitialized"}


async def refuse(_: Any) -> None:
    raise ConnectionError


async def hang(_: Any) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("ping", [refuse, hang])
def test_a_service_that_does_not_answer_its_ping_is_not_healthy(ping: Any) -> None:
    registry = OptimizedServiceRegistry(
        NOBODY, [defined("shop", Shop, start=noted([], ""), ping=ping), defined("oven", Oven)]
    )

    async def live() -> None:
        await registry.start()
        await registry.check_health()

    simulated(live())

    assert {state.name: state.is_healthy for state in registry.states()} == {"shop": False, "oven": True}


def test_a_part_without_a_home_is_refused_at_the_start() -> None:
    with pytest.raises(StartError, match="holds 'oven'"):
        OptimizedServiceRegistry(NOBODY, [defined("shop")]).front(Oven(), "oven", "kitchen")
