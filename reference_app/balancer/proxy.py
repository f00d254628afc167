"""HttpProxy: clients on one side, instances on the other, and the balancer that decides between them."""

import asyncio
import contextlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from reference_app.balancer.client_connection import ClientConnection
from reference_app.balancer.exchange import Exchange
from reference_app.balancer.heads import RequestHead
from reference_app.balancer.instance_connection import InstanceConnections
from reference_app.failure import StartError
from reference_app.scalability.load_balancer import LoadBalancer

SWEEP_S = 1.0
"""How often it is looked for what takes too long."""
BACKLOG = 1024
"""As many clients may come at once as the kernel queues by default."""


class HttpProxy:
    """Takes clients in and gives their requests to instances."""

    def __init__(self, balancer: LoadBalancer, connections: InstanceConnections) -> None:
        self.balancer = balancer
        self.connections = connections
        self.processes: dict[str, dict[str, Any]] = {}
        """What is told of each instance's process besides what the balancer knows: pid, address."""
        self.is_stopping = False
        self._nobody_waits = asyncio.Event()
        """For an answer, now that we stop."""
        self._clients: set[ClientConnection] = set()
        self._refused_counts: Counter[int] = Counter()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Take clients in from now on; answer the port, for 0 is any that is free.

        Raises:
            StartError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: ClientConnection(self), host, port, backlog=BACKLOG
            )
        except OSError as error:
            raise StartError(
                f"Port {port} of {host} cannot be used ({error.strerror}); choose another with --port."
            ) from error
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def sweep(self, stop: asyncio.Event) -> None:
        """End what takes too long, until it is time to stop."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_S)
            self._check_all()

    async def close(self, patience_s: float) -> None:
        """Take nobody in any more, and give those who wait for an answer some time to get it."""
        if self._server is None:
            return
        self._server.close()
        self.is_stopping = True
        self.answered()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._nobody_waits.wait(), patience_s)
        for client in list(self._clients):
            client.abort()

    def now_s(self) -> float:
        """Tell the time by the balancer's clock."""
        return self.balancer.now_s()

    def opened(self, client: ClientConnection) -> None:
        """Learn of a connection."""
        self._clients.add(client)

    def closed(self, client: ClientConnection) -> None:
        """Learn of its end."""
        self._clients.discard(client)
        self.answered()

    def answered(self) -> None:
        """Learn that somebody may have got the last answer of all."""
        if self.is_stopping and not any(client.is_busy for client in self._clients):
            self._nobody_waits.set()

    def exchange(self, head: RequestHead, client: ClientConnection) -> Exchange:
        """Make what takes a request to an instance."""
        return Exchange(head, client, self.balancer, self.connections)

    def refused(self, status: int) -> None:
        """Count an answer that is our own."""
        self._refused_counts[status] += 1

    def status(self) -> bytes:
        """Write what is known of all instances as JSON."""
        instances = [
            {"id": shown["id"], **self._process_of(shown["id"]), **shown}
            for shown in self.balancer.snapshot()
        ]
        own = {
            "pid": os.getpid(),
            "client_count": len(self._clients),
            "own_answers": {str(status): count for status, count in sorted(self._refused_counts.items())},
        }
        return json.dumps({"balancer": own, "instances": instances}, separators=(",", ":")).encode()

    def _process_of(self, instance_id: str) -> Mapping[str, Any]:
        return self.processes.get(instance_id, {"pid": None, "address": None, "start_count": 0})

    def _check_all(self) -> None:
        now_s = self.now_s()
        for client in list(self._clients):
            client.check(now_s)
        self.connections.close_idle(now_s)
