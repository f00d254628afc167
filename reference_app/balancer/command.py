"""Instances of a variant and the balancer in front of them, until we are told to stop."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import uvloop

from reference_app.balancer.instance_connection import InstanceConnections
from reference_app.balancer.instances import HOST, Command, Instances
from reference_app.balancer.options import BalancerOptions
from reference_app.balancer.proxy import HttpProxy
from reference_app.externals.process import stub_beside_us
from reference_app.scalability.load_balancer import LoadBalancer
from reference_app.stopping import told_to_stop

PATIENCE_S = 30.0
"""For answers that are under way when we are told to stop."""


def balance_variant(name: str, options: BalancerOptions) -> None:
    """Run instances of a variant, all with the same stub of the external services unless one is named.

    Raises:
        StartError: the port is taken, or an instance ended before it was ready.
    """
    has_externals = any(word.startswith("--externals-url") for word in options.passed_on)
    with nullcontext() if has_externals else stub_beside_us() as url:
        common = [*options.passed_on, "--until-input-ends", "--balancer-url", f"http://{HOST}:{options.port}"]
        if url is not None:
            common += ["--externals-url", url]

        def command(port: int) -> Sequence[str]:
            return [sys.executable, "-m", "reference_app", "serve", "--port", str(port), *common]

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(balance(name, command, options.weights, options.port, _say))


async def balance(
    name: str, command: Command, weights: Sequence[float], port: int, say: Callable[[str], None]
) -> None:
    """Run instances and the proxy in front of them until SIGTERM or Ctrl-C; SIGHUP replaces them one by one.

    Raises:
        StartError: the port is taken, or an instance ended before it was ready.
    """
    stop = told_to_stop()
    loop = asyncio.get_running_loop()
    proxy = HttpProxy(LoadBalancer(clock=time.monotonic, rng=random.Random()), InstanceConnections())
    instances = Instances(proxy, command, weights, stop, say)
    try:
        await instances.start()
        if not stop.is_set():
            bound = await proxy.listen(HOST, port)
            loop.add_signal_handler(signal.SIGHUP, instances.roll)
            say(f"{name} x {len(weights)} serves http://{HOST}:{bound} (Ctrl-C stops it)")
            await proxy.sweep(stop)
    finally:
        await proxy.close(PATIENCE_S)
        await instances.close()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
