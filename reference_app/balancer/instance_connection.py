"""Connections to instances: kept open between requests, one request at a time on each."""

import asyncio
from typing import Protocol, cast

CONNECT_TIMEOUT_S = 2.0
IDLE_S = 30.0
"""An instance closes what was idle for 75 s; we must be first, or a request might meet the end."""


class Receiver(Protocol):
    """Whoever has a request under way on a connection."""

    def received(self, data: bytes) -> None:
        """Take bytes of the answer."""

    def lost(self) -> None:
        """Learn that the connection is gone."""

    def hold_client(self) -> None:
        """Read no more from the client: the instance does not keep up."""

    def let_client(self) -> None:
        """Read on."""


class InstanceConnection(asyncio.Protocol):
    """One connection to an instance."""

    def __init__(self, home: "list[InstanceConnection]") -> None:
        self.home = home
        """Where it waits for the next request: a list of its process, not of the instance's next one."""
        self.receiver: Receiver | None = None
        self.idle_since_s = 0.0
        self._transport: asyncio.Transport | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """What the bytes go through, from the connection's beginning."""
        if self._transport is None:
            raise RuntimeError("it is connected before anybody has it")
        return self._transport

    @property
    def is_open(self) -> bool:
        """Tell whether it may still be written to."""
        return not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what comes; nothing may come while nobody asked."""
        if self.receiver is None:
            self.transport.abort()
        else:
            self.receiver.received(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Tell whoever waits."""
        if self.receiver is not None:
            self.receiver.lost()

    def pause_writing(self) -> None:
        """Let the client wait while the instance does not keep up."""
        if self.receiver is not None:
            self.receiver.hold_client()

    def resume_writing(self) -> None:
        """Let the client go on."""
        if self.receiver is not None:
            self.receiver.let_client()


class InstanceConnections:
    """All connections to all instances, by the instance's id."""

    def __init__(self) -> None:
        self._addresses: dict[str, tuple[str, int]] = {}
        self._idle: dict[str, list[InstanceConnection]] = {}

    def begin(self, instance_id: str, host: str, port: int) -> None:
        """Learn where a new process of an instance listens."""
        self._addresses[instance_id] = (host, port)
        self._idle[instance_id] = []

    def end(self, instance_id: str) -> None:
        """Close what is idle, and keep nothing from now on: the process is to end, or has ended."""
        self._addresses.pop(instance_id, None)
        for connection in self._idle.pop(instance_id, []):
            connection.transport.close()

    def take_idle(self, instance_id: str) -> InstanceConnection | None:
        """Give the connection that was used last, if there is any that is open."""
        idle = self._idle.get(instance_id)
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
        return None

    async def connect(self, instance_id: str) -> InstanceConnection:
        """Open a connection.

        Raises:
            OSError: It cannot be had, or not in time; nothing was sent.
        """
        if instance_id not in self._addresses:
            raise ConnectionRefusedError(f"instance {instance_id} has ended")
        host, port = self._addresses[instance_id]
        home = self._idle[instance_id]
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: InstanceConnection(home), host, port
            )
        return connection

    def give_back(self, instance_id: str, connection: InstanceConnection, now_s: float) -> None:
        """Keep a connection for the next request; of an instance that ends, close it."""
        connection.receiver = None
        if self._idle.get(instance_id) is not connection.home:
            connection.transport.close()
            return
        connection.idle_since_s = now_s
        connection.home.append(connection)

    def close_idle(self, now_s: float) -> None:
        """Close what nobody has used for a while."""
        for idle in self._idle.values():
            for connection in idle:
                if now_s - connection.idle_since_s > IDLE_S:
                    connection.transport.close()
            idle[:] = [connection for connection in idle if connection.is_open]
