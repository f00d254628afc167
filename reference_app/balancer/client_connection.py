"""A client's connection: its requests one after the other, each answered before the next is looked at."""

import asyncio
import json
from typing import Protocol, cast

from reference_app.balancer.exchange import Exchange
from reference_app.balancer.framing import FramingError
from reference_app.balancer.heads import END, MOST_HEAD_BYTES, HeadError, RequestHead, parse_request

MOST_AHEAD_BYTES = 64 * 1024
"""That a client may send of its next requests before it has its answer."""
HEAD_S = 30.0
"""For the head of a request, from its first byte."""
IDLE_S = 75.0
"""Between two requests, as the instances have it."""
LINGER_S = 2.0
"""A client that still sends when it gets its last answer may read that first."""
STATUS_PATH = b"/balancer/status"
_REASONS = {
    400: "Bad Request", 405: "Method Not Allowed", 408: "Request Timeout", 417: "Expectation Failed",
    431: "Request Header Fields Too Large", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


class Proxy(Protocol):
    """What all connections have in common."""

    def now_s(self) -> float:
        """Tell the time."""

    def opened(self, client: "ClientConnection") -> None:
        """Learn of a connection."""

    def closed(self, client: "ClientConnection") -> None:
        """Learn of its end."""

    def answered(self) -> None:
        """Learn that a client waits for no answer any more."""

    @property
    def is_stopping(self) -> bool:
        """Tell whether every answer is the last of its connection."""

    def exchange(self, head: RequestHead, client: "ClientConnection") -> Exchange:
        """Make what takes a request to an instance."""

    def status(self) -> bytes:
        """Write the balancer's own state as JSON."""

    def refused(self, status: int) -> None:
        """Count an answer that is our own."""


class ClientConnection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._transport: asyncio.Transport | None = None
        self._peer = b""
        self._received = b""
        """Bytes that belong to no request yet."""
        self._exchange: Exchange | None = None
        self._since_s = 0.0
        """When the head began, or the wait for one, or the end."""
        self._is_ending = False
        """The last answer is given; what still comes is not read."""
        self._is_half_closed = False
        self._is_held = False
        self._is_reading = True

    @property
    def is_busy(self) -> bool:
        """Tell whether a request waits for the end of its answer."""
        return self._exchange is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]).encode() if peer else b"unknown"
        self._since_s = self._proxy.now_s()
        self._proxy.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take what comes to the request that is under way, or begin one."""
        if self._is_ending:
            return
        if not self._received:
            self._received = data
            if self._exchange is None:
                self._since_s = self._proxy.now_s()
        else:
            self._received += data
        self._advance()

    def eof_received(self) -> bool:
        """Keep the connection open for the answer to a client that has closed its side."""
        self._is_half_closed = True
        return self._exchange is not None and not self._exchange.wants_body

    def connection_lost(self, _: Exception | None) -> None:
        """Let go of the instance."""
        self._is_ending = True
        if self._exchange is not None:
            self._exchange.cancel()
            self._exchange = None
        self._proxy.closed(self)

    def pause_writing(self) -> None:
        """Let the instance wait while the client does not keep up."""
        if self._exchange is not None:
            self._exchange.hold_instance()

    def resume_writing(self) -> None:
        """Let the instance go on."""
        if self._exchange is not None:
            self._exchange.let_instance()

    def write(self, data: bytes) -> None:
        """Send bytes of the answer."""
        self._out().write(data)

    def refuse(self, error: HeadError) -> None:
        """Answer an error of our own, and close."""
        self._proxy.refused(error.status)
        body = json.dumps({"error": {"code": error.code, "message": error.message}}, separators=(",", ":"))
        more = b"Retry-After: 1\r\n" if error.status == 503 else b""
        self._answer(error.status, _REASONS[error.status], body.encode(), more + b"Connection: close\r\n")
        self._exchange = None
        self._end()
        self._proxy.answered()

    def finish(self, *, is_last: bool) -> None:
        """Go on to the next request, or end."""
        self._exchange = None
        self._since_s = self._proxy.now_s()
        if is_last or self._is_half_closed or self._proxy.is_stopping:
            self._end()
        else:
            self._is_held = False
            self._read_or_not()
            # Not from within the exchange that ends: many requests at once would nest as deep.
            if self._received:
                asyncio.get_running_loop().call_soon(self._advance)
        self._proxy.answered()

    def abort(self) -> None:
        """Break the connection, so that nobody takes half an answer for a whole one."""
        self._exchange = None
        self._out().abort()

    def hold(self) -> None:
        """Read no more for now."""
        self._is_held = True
        self._read_or_not()

    def let(self) -> None:
        """Read on."""
        self._is_held = False
        self._read_or_not()

    def check(self, now_s: float) -> None:
        """End what takes too long."""
        passed_s = now_s - self._since_s
        if self._is_ending:
            if passed_s > LINGER_S:
                self._out().abort()
        elif self._exchange is not None:
            self._exchange.end_if_still(now_s)
        elif self._received:
            if passed_s > HEAD_S:
                self.refuse(HeadError(408, "request_timeout", "The request was not sent in time."))
        elif passed_s > IDLE_S or self._proxy.is_stopping:
            self._out().close()

    def _advance(self) -> None:
        while self._received and not self._is_ending:
            exchange = self._exchange
            if exchange is None:
                if not self._begin():
                    return
            elif exchange.wants_body:
                self._feed(exchange)
            else:
                self._read_or_not()
                return

    def _begin(self) -> bool:
        """Begin a request if its head is complete."""
        self._received = self._received.removeprefix(b"\r\n")  # RFC 9112, 2.2
        end = self._received.find(END) + len(END)
        if end < len(END) or end > MOST_HEAD_BYTES:
            if len(self._received) > MOST_HEAD_BYTES:
                self.refuse(HeadError(431, "head_too_large", "The head of the request is too long."))
            return False
        try:
            head = parse_request(self._received[:end], self._peer)
        except HeadError as error:
            self.refuse(error)
            return False
        self._received = self._received[end:]
        if head.target == STATUS_PATH:
            self._tell_status(head)
            return True
        exchange = self._exchange = self._proxy.exchange(head, self)
        if exchange.wants_body and self._received:
            self._feed(exchange)
        if self._exchange is exchange:
            exchange.begin()
        return True

    def _feed(self, exchange: Exchange) -> None:
        data, self._received = self._received, b""
        try:
            self._received = exchange.take(data)
        except FramingError as error:
            exchange.cancel()
            self.refuse(HeadError(400, "malformed_request", str(error)))

    def _tell_status(self, head: RequestHead) -> None:
        if head.method not in {b"GET", b"HEAD"} or head.content_length or head.is_chunked:
            self.refuse(HeadError(405, "method_not_allowed", "The state can be read, and that is all."))
            return
        is_last = head.is_last or self._proxy.is_stopping
        body = self._proxy.status()
        more = b"Cache-Control: no-store\r\n" + (b"Connection: close\r\n" if is_last else b"")
        self._answer(200, "OK", body, more, has_body=head.method == b"GET")
        self.finish(is_last=is_last)

    def _answer(self, status: int, reason: str, body: bytes, more: bytes, *, has_body: bool = True) -> None:
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n"
        self.write(head.encode() + more + b"\r\n" + (body if has_body else b""))

    def _end(self) -> None:
        """Close our side, and the rest once the client has read its answer and closes too."""
        self._is_ending = True
        self._since_s = self._proxy.now_s()
        self._received = b""
        self._is_held = False
        if self._is_half_closed:
            self._out().close()
        else:
            self._read_or_not()
            self._out().write_eof()

    def _read_or_not(self) -> None:
        is_far_ahead = self._exchange is not None and len(self._received) > MOST_AHEAD_BYTES
        wants_to_read = not self._is_held and not is_far_ahead
        transport = self._out()
        if wants_to_read != self._is_reading and not transport.is_closing():
            self._is_reading = wants_to_read
            transport.resume_reading() if wants_to_read else transport.pause_reading()

    def _out(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("it is connected before anything happens")
        return self._transport
