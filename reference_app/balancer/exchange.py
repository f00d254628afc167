"""Exchange: one request of a client, from its head to the end of its answer, by one instance or a second."""

import asyncio
from typing import Protocol

from reference_app.balancer.framing import Body, EndlessBody, FramingError, SizedBody, body_of
from reference_app.balancer.heads import (
    END,
    MOST_HEAD_BYTES,
    AnswerHead,
    HeadError,
    RequestHead,
    parse_answer,
)
from reference_app.balancer.instance_connection import InstanceConnection, InstanceConnections
from reference_app.scalability.load_balancer import Lease, LoadBalancer

MOST_KEPT_BYTES = 64 * 1024
"""Of a request, to send it a second time if need be: as much as the backend takes."""
STILLNESS_S = 60.0
"""An exchange in which nothing moves for so long ends."""
_LAST = b"Connection: close\r\n\r\n"


class Client(Protocol):
    """Where the request came from."""

    def write(self, data: bytes) -> None:
        """Send bytes of the answer."""

    def refuse(self, error: HeadError) -> None:
        """Answer that it cannot be done, and close the connection."""

    def finish(self, *, is_last: bool) -> None:
        """Learn that the answer is complete; after the last one, close the connection."""

    def abort(self) -> None:
        """Break the connection: the answer has begun and cannot be completed."""

    def hold(self) -> None:
        """Read no more for now."""

    def let(self) -> None:
        """Read on."""


class Exchange:
    """One request and its answer.

    It is sent to a second instance if the first broke the connection before its answer began, and sending it
    twice does no harm; if there was no connection at all, to any other.
    """

    __slots__ = (
        "_answer", "_balancer", "_body", "_client", "_connecting", "_connection", "_connections",
        "_has_moved", "_head", "_head_bytes", "_is_instance_held", "_is_last", "_is_over", "_is_repeated",
        "_keeps_alive", "_kept", "_lease", "_moved_at_s", "_tried",
    )  # fmt: skip

    def __init__(
        self, head: RequestHead, client: Client, balancer: LoadBalancer, connections: InstanceConnections
    ) -> None:
        self._head = head
        self._client = client
        self._balancer = balancer
        self._connections = connections
        self._body = body_of(head.content_length, is_chunked=head.is_chunked)
        self._kept: bytearray | None = bytearray(head.forwarded)
        """Everything of the request so far; None once it has become too much to be sent again."""
        self._tried: tuple[str, ...] = ()
        self._is_repeated = False
        self._lease: Lease | None = None
        self._connection: InstanceConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._head_bytes = b""
        self._answer: Body | None = None
        """None until its head is there."""
        self._keeps_alive = False
        self._is_last = head.is_last
        """The client's connection ends with this answer."""
        self._is_instance_held = False
        self._is_over = False
        self._moved_at_s = 0.0
        self._has_moved = True

    @property
    def wants_body(self) -> bool:
        """Tell whether more of the request is to come."""
        return not self._body.is_complete and not self._is_over

    def begin(self) -> None:
        """Send what is there of the request to an instance that is not tried yet."""
        lease = self._balancer.pick(self._tried)
        if lease is None:
            self._give_up()
            return
        self._lease = lease
        self._tried = (*self._tried, lease.instance_id)
        connection = self._connections.take_idle(lease.instance_id)
        if connection is None:
            self._client.hold()
            self._connecting = asyncio.get_running_loop().create_task(self._connect(lease))
        else:
            self._send_on(connection)

    def take(self, data: bytes) -> bytes:
        """Take bytes from the client; give back those that are no part of this request.

        Raises:
            FramingError: They are no such body as the head said.
        """
        count = self._body.feed(data)
        part = data[:count]
        self._has_moved = True
        if self._kept is not None:
            self._kept += part
        if self._connection is not None:
            self._connection.transport.write(part)
            if self._kept is not None and len(self._kept) > MOST_KEPT_BYTES:
                self._kept = None
            if self._body.is_complete and self._lease is not None:
                self._lease.sent()
        return data[count:]

    def received(self, data: bytes) -> None:
        """Take bytes of the answer."""
        self._has_moved = True
        try:
            if self._answer is None:
                self._read_head(data)
            else:
                self._pass_on(self._answer, b"", data)
        except (HeadError, FramingError):
            self._fail(was_sent=True)

    def lost(self) -> None:
        """Learn that the instance has closed the connection."""
        if isinstance(self._answer, EndlessBody):
            self._end()
        else:
            self._fail(was_sent=True)

    def hold_client(self) -> None:
        """Read no more of the request: the instance does not keep up."""
        self._client.hold()

    def let_client(self) -> None:
        """Read on."""
        self._client.let()

    def hold_instance(self) -> None:
        """Read no more of the answer: the client does not keep up."""
        if self._connection is not None and not self._is_instance_held:
            self._is_instance_held = True
            self._connection.transport.pause_reading()

    def let_instance(self) -> None:
        """Read on."""
        if self._connection is not None and self._is_instance_held:
            self._is_instance_held = False
            self._connection.transport.resume_reading()

    def cancel(self) -> None:
        """The client is gone, or sent what is no request: nobody is to blame behind us."""
        self._is_over = True
        self._drop()

    def end_if_still(self, now_s: float) -> None:
        """End an exchange in which nothing has moved for too long."""
        if self._has_moved:
            self._has_moved = False
            self._moved_at_s = now_s
        elif now_s - self._moved_at_s > STILLNESS_S:
            self._time_out()

    async def _connect(self, lease: Lease) -> None:
        try:
            connection = await self._connections.connect(lease.instance_id)
        except OSError:  # TimeoutError is one
            if not self._is_over:
                self._fail(was_sent=False)
            return
        if self._is_over:
            self._connections.give_back(lease.instance_id, connection, self._balancer.now_s())
        else:
            self._send_on(connection)

    def _send_on(self, connection: InstanceConnection) -> None:
        if self._kept is None or self._lease is None:
            raise RuntimeError("what was not kept is not sent")
        self._connection = connection
        connection.receiver = self
        self._client.let()
        connection.transport.write(bytes(self._kept))
        if self._body.is_complete:
            self._lease.sent()
        if not self._head.may_be_repeated or len(self._kept) > MOST_KEPT_BYTES:
            self._kept = None

    def _read_head(self, data: bytes) -> None:
        data = self._head_bytes + data
        while (end := data.find(END) + len(END)) >= len(END):
            head = parse_answer(data[:end])
            if head.status >= 200:
                self._begin_answer(head, data[end:])
                return
            if head.status == 101:
                raise HeadError(502, "bad_gateway", "Nobody asked for another protocol.")
            if not self._head.is_http_10:
                self._kept = None  # a second instance would say it a second time
                self._client.write(head.forwarded + b"\r\n")
            data = data[end:]
        if len(data) > MOST_HEAD_BYTES:
            raise HeadError(502, "bad_gateway", "The answer's head is too long.")
        self._head_bytes = data

    def _begin_answer(self, head: AnswerHead, rest: bytes) -> None:
        if self._lease is not None:
            self._lease.answered(head.status, is_busy=head.is_busy)
        has_no_body = self._head.method == b"HEAD" or head.status in {204, 304}
        answer = SizedBody(0) if has_no_body else body_of(head.content_length, is_chunked=head.is_chunked)
        self._answer = answer
        self._keeps_alive = head.keeps_alive
        self._is_last = self._is_last or isinstance(answer, EndlessBody) or not self._body.is_complete
        self._pass_on(answer, head.forwarded + (_LAST if self._is_last else b"\r\n"), rest)

    def _pass_on(self, answer: Body, head: bytes, data: bytes) -> None:
        count = answer.feed(data)
        self._client.write(head + data[:count])
        if answer.is_complete:
            self._end(has_surplus=count < len(data))

    def _end(self, *, has_surplus: bool = False) -> None:
        self.let_instance()
        connection, lease = self._connection, self._lease
        self._is_over = True
        self._connection = None
        if connection is not None and lease is not None:
            lease.close()
            if self._keeps_alive and self._body.is_complete and not has_surplus:
                self._connections.give_back(lease.instance_id, connection, self._balancer.now_s())
            else:
                connection.receiver = None
                connection.transport.close()
        self._client.finish(is_last=self._is_last)

    def _fail(self, *, was_sent: bool) -> None:
        """Try another instance if that does no harm, else tell the client."""
        if self._lease is not None:
            self._lease.failed()
        self._drop()
        if self._answer is not None:
            self._is_over = True
            self._client.abort()
        elif not was_sent or (self._kept is not None and not self._is_repeated):
            self._is_repeated = self._is_repeated or was_sent
            self._head_bytes = b""
            self.begin()
        else:
            self._give_up()

    def _give_up(self) -> None:
        self._is_over = True
        if self._tried:
            error = HeadError(502, "bad_gateway", "The instance gave no proper answer.")
        else:
            error = HeadError(503, "no_instance", "No instance can answer now; try again.")
        self._client.refuse(error)

    def _time_out(self) -> None:
        self._is_over = True
        if not self._body.is_complete:
            self._drop()
            self._client.refuse(HeadError(408, "request_timeout", "The request was not sent in time."))
            return
        if self._answer is not None:
            self._drop()
            self._client.abort()
        else:
            if self._lease is not None:
                self._lease.failed()
            self._drop()
            self._client.refuse(HeadError(504, "gateway_timeout", "The instance did not answer in time."))

    def _drop(self) -> None:
        """Let go of the instance without an answer from it."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None
        if self._connection is not None:
            self._connection.receiver = None
            self._connection.transport.abort()
            self._connection = None
