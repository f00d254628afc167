"""A balancer in this process, in front of small instances that are processes of their own."""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_app.balancer.instance_connection import InstanceConnections
from reference_app.balancer.instances import HOST, Instances
from reference_app.balancer.proxy import HttpProxy
from reference_app.scalability.load_balancer import LoadBalancer

SMALL = Path(__file__).with_name("small_instance.py")
DEADLINE_S = 60
"""For whatever must happen sooner or later on a machine of any speed."""


class Clock:
    """Goes as all clocks do, and can be put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


@dataclass(frozen=True, slots=True)
class Balanced:
    """Where it listens, and what it is made of."""

    proxy: HttpProxy
    instances: Instances
    port: int
    clock: Clock

    def look_again_after(self, seconds: float) -> None:
        """Let the balancer look for what takes too long, now and so much later."""
        self.proxy._check_all()
        self.clock.ahead_s += seconds
        self.proxy._check_all()

    def status(self) -> dict[str, Any]:
        """Read what `GET /balancer/status` would tell."""
        shown: dict[str, Any] = json.loads(self.proxy.status())
        return shown

    def pids(self) -> list[int]:
        return [instance["pid"] for instance in self.status()["instances"]]

    def states(self) -> list[str]:
        return [instance["state"] for instance in self.status()["instances"]]

    async def until(self, is_done: Callable[[], bool]) -> None:
        """Wait for something."""
        async with asyncio.timeout(DEADLINE_S):
            while not is_done():  # noqa: ASYNC110 - it waits for what other processes do
                await asyncio.sleep(0.01)

    async def talk(self, *sent: bytes, ends: bool = False) -> bytes:
        """Send bytes as they are, each part by itself, and read until the balancer closes."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        for part in sent:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if ends:
            writer.write_eof()
        async with asyncio.timeout(DEADLINE_S):
            received = await reader.read()
        writer.close()
        return received


@asynccontextmanager
async def balanced(weights: Sequence[float] = (1.0, 1.0, 1.0)) -> AsyncIterator[Balanced]:
    """Run a balancer in front of small instances, one for each weight."""
    stop, clock = asyncio.Event(), Clock()
    proxy = HttpProxy(LoadBalancer(clock=clock, rng=random.Random(1)), InstanceConnections())
    said: list[str] = []
    instances = Instances(
        proxy, lambda port: [sys.executable, str(SMALL), str(port)], weights, stop, said.append
    )
    sweeping = asyncio.get_running_loop().create_task(proxy.sweep(stop))
    try:
        await instances.start()
        yield Balanced(proxy, instances, await proxy.listen(HOST, 0), clock)
    finally:
        stop.set()
        await proxy.close(1.0)
        await instances.close()
        await sweeping
