"""Doorway: a connection whose requests are let in, kept waiting or refused before anything has read them.

aiohttp reads a request, makes a task and calls the layers before any line of ours runs; under a flood that
work alone fills the core, and whoever could still be served waits behind it. Here the bytes themselves wait,
and a refusal is one write of bytes that are kept ready.

Only what is plain beyond doubt is decided here: one whole HTTP/1.1 request, alone in what was received, that
nothing is under way in front of. Everything else goes to aiohttp as it came, and the layer behind decides.
"""

import asyncio
import logging
import re
import struct
import sys
from socket import IPPROTO_TCP
from typing import Any

import msgspec
from aiohttp import web

from reference_app.middleware.endpoints import endpoint_of
from reference_app.middleware.security_headers import SECURITY_HEADERS
from reference_app.scalability.compartments import Compartments, class_of
from reference_app.scalability.request_throttler import (
    LONGEST_RETRY_S,
    Entry,
    RequestClass,
    RequestThrottler,
)
from reference_app.web.bodies import error_body, to_json

COMPARTMENTS: web.AppKey[Compartments | None] = web.AppKey("compartments")
DEADLINE_HEADER = "X-Request-Timeout-Ms"
"""How long the caller will wait for the answer, from now on, in milliseconds."""
DEFAULT_TIMEOUT_S = 10.0
OVERLOADED = ("overloaded", "Too much is asked at once; try again in a moment.")

BACKLOG = 1024
"""As many clients may come at once as the kernel queues by default."""
_LONGEST_DIGITS = 7
_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/[!-$&-~]*) HTTP/1\.1\r\n")
"""Without HEAD, whose answer has no body, and without escapes, which could hide the class of a path."""
_FIELDS = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|expect|upgrade|x-request-timeout-ms)"
    rb":[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_END = b"\r\n\r\n"
_TCP_INFO = 11
_LAST_RECEIVED = struct.Struct("52xI")
"""`tcpi_last_data_recv` in Linux' `struct tcp_info`: milliseconds since the last bytes came."""


class PlainRequest(msgspec.Struct, frozen=True):
    """What the door must know of a request."""

    kind: RequestClass | None
    """None: it tells how we are, and never waits."""
    timeout_s: float


def read_plain(data: bytes) -> PlainRequest | None:
    """Read one whole request; None for anything else."""
    line, end = _LINE.match(data), data.find(_END)
    head = data[: max(end, 0)]
    if line is None or head.count(b"\n") != head.count(b"\r\n"):
        return None
    found = _FIELDS.findall(head)
    told = _read_fields(found) if found else (0, DEFAULT_TIMEOUT_S)
    if told is None or len(data) != end + len(_END) + told[0]:
        return None
    path = line[2].split(b"?", 1)[0].decode()
    return PlainRequest(class_of(line[1].decode(), endpoint_of(path)), told[1])


def _read_fields(found: list[tuple[bytes, bytes]]) -> tuple[int, float] | None:
    """Read the body's length and the caller's patience in seconds; None for what aiohttp has to judge."""
    fields = {name.lower(): value.strip(b" \t") for name, value in found}
    is_unique = len(found) == len(fields)
    length = fields.pop(b"content-length", b"0")
    timeout_s = timeout_of(fields.pop(b"x-request-timeout-ms", b"").decode("latin-1"))
    is_kept = fields.pop(b"connection", b"keep-alive").lower() == b"keep-alive"
    is_sized = length.isdigit() and len(length) <= _LONGEST_DIGITS
    return (int(length), timeout_s) if is_unique and is_kept and is_sized and not fields else None


def timeout_of(told: str) -> float:
    """Read how long a caller will wait, in seconds; the default for what is no number of milliseconds."""
    told = told.strip(" \t")
    if told.isascii() and told.isdigit() and len(told) <= _LONGEST_DIGITS:
        return int(told) / 1e3
    return DEFAULT_TIMEOUT_S


def admitted_at_the_door(request: web.Request) -> Entry | None:
    """Take the place that a request was given before it was read; None if it has to ask for one."""
    protocol = request.protocol
    return protocol.take_entry() if isinstance(protocol, Doorway) else None


class Doorway(web.RequestHandler):
    """One connection of a client."""

    __slots__ = ("_admitted", "_compartments", "_held", "_is_plain", "_is_under_way", "_timer", "_waiting")

    def __init__(self, server: web.Server, compartments: Compartments, **options: Any) -> None:
        super().__init__(server, **options)
        self._compartments = compartments
        self._is_plain = True
        """Until something else comes: from then on aiohttp alone knows where one request ends."""
        self._is_under_way = False
        """aiohttp has a request that it has not answered."""
        self._admitted: Entry | None = None
        """The place of that request, until a layer takes it."""
        self._waiting: Entry | None = None
        self._held = b""
        """The request that waits."""
        self._timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Decide on a plain request, pass on everything else."""
        if not data or self._close or self._force_close:  # aiohttp reads on after a pause, or reads no more
            super().data_received(data)
            return
        is_alone = not self._is_under_way and self._waiting is None
        asked = read_plain(data) if self._is_plain and is_alone else None
        if asked is not None and asked.kind is not None:
            self._ask(asked.kind, asked.timeout_s, data)
        else:
            self._is_plain = asked is not None
            self._pass_on(self._stop_waiting() + data)

    def close(self) -> None:
        """Take no more requests; who waits is told so."""
        entry = self._waiting
        if entry is not None:
            self._stop_waiting()
            self._refuse(entry)
        super().close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give back whatever place the connection has."""
        self._stop_waiting()
        self._release()
        super().connection_lost(exc)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; the place of a request that no layer has seen, since it was none, is free again."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._is_under_way = False
            self._release()

    def take_entry(self) -> Entry | None:
        """Hand the place of the request that is under way over, once; whoever has it gives it back."""
        entry, self._admitted = self._admitted, None
        return entry

    def _ask(self, kind: RequestClass, timeout_s: float, data: bytes) -> None:
        now = self._compartments.clock()
        arrived_s = now - self._unread_s()
        entry = self._throttler(kind).enter(kind, arrived_s + timeout_s, self._settle, arrived_s=arrived_s)
        if entry.state == "running":
            self._start(entry, data)
        elif entry.state == "refused":
            self._refuse(entry)
        else:
            self._waiting, self._held = entry, data
            self._timer = self._loop.call_later(entry.expires_s - now, self._throttler(kind).expire, entry)

    def _settle(self) -> None:
        """Learn that the request that waits was started or refused."""
        entry = self._waiting
        if entry is not None:
            held = self._forget_waiting()
            self._start(entry, held) if entry.state == "running" else self._refuse(entry)

    def _start(self, entry: Entry, data: bytes) -> None:
        self._admitted = entry
        self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        self._is_under_way = True
        super().data_received(data)

    def _refuse(self, entry: Entry) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(_REFUSALS[self._throttler(entry.kind).retry_after_s()])

    def _stop_waiting(self) -> bytes:
        """Give up the place in the queue; answer the bytes that waited there."""
        if self._waiting is None:
            return b""
        self._throttler(self._waiting.kind).abandon(self._waiting)
        return self._forget_waiting()

    def _forget_waiting(self) -> bytes:
        held, self._held, self._waiting = self._held, b"", None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return held

    def _release(self) -> None:
        entry = self.take_entry()
        if entry is not None:
            self._throttler(entry.kind).abandon(entry)

    def _throttler(self, kind: RequestClass) -> RequestThrottler:
        return self._compartments.of(kind)

    def _unread_s(self) -> float:
        """Tell how long the bytes that came last have waited in the socket, where the system knows."""
        socket = None if self.transport is None else self.transport.get_extra_info("socket")
        if socket is None or not sys.platform.startswith("linux"):
            return 0.0
        told = socket.getsockopt(IPPROTO_TCP, _TCP_INFO, _LAST_RECEIVED.size)
        return _LAST_RECEIVED.unpack(told)[0] / 1e3 if len(told) == _LAST_RECEIVED.size else 0.0


class DoorwaySite(web.BaseSite):
    """Takes clients in at an address, each at a door of its own."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        compartments: Compartments,
        access_log: logging.Logger | None,
    ) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._host = host
        self._port = port
        self._compartments = compartments
        self._access_log = access_log

    @property
    def name(self) -> str:
        """Tell the address."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen from now on."""
        await super().start()
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None  # noqa: S101 - BaseSite has looked

        def opened() -> Doorway:
            return Doorway(server, self._compartments, loop=loop, access_log=self._access_log)

        self._server = await loop.create_server(opened, self._host, self._port, backlog=self._backlog)


def site_of(runner: web.AppRunner, host: str, port: int, access_log: logging.Logger | None) -> web.BaseSite:
    """Listen with a door, where the application limits how many requests run at once, or without one."""
    compartments = runner.app[COMPARTMENTS]
    if compartments is None:
        return web.TCPSite(runner, host, port)
    return DoorwaySite(runner, host, port, compartments, access_log)


def _refusal(retry_after_s: int) -> bytes:
    body = to_json(error_body(*OVERLOADED)).encode()
    fields = {
        "Retry-After": str(retry_after_s),
        **SECURITY_HEADERS,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + body


_REFUSALS = tuple(_refusal(seconds) for seconds in range(LONGEST_RETRY_S + 1))
