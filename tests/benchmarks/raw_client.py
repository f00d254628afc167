"""A client that costs next to nothing: fixed bytes out, answers counted by their Content-Length."""

import asyncio
import re
import socket
import time
from typing import cast
from urllib.parse import urlsplit

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Asker(asyncio.Protocol):
    """Asks again as soon as it has an answer, until it is told to stop."""

    def __init__(self, request: bytes) -> None:
        self.answer_count = 0
        self.failed_count = 0
        self._request = request
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        if length is None or len(self._received) < head_end + 4 + int(length[1]):
            return
        self.answer_count += 1
        self.failed_count += not self._received.startswith(b"HTTP/1.1 200")
        self._received = b""
        assert self._transport is not None
        self._transport.write(self._request)

    def stop(self) -> None:
        assert self._transport is not None
        self._transport.abort()


class KeptConnection:
    """One connection over which requests are asked one after the other; answers are not taken apart."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send the bytes of a request and answer the status and the body."""
        self._socket.sendall(request)
        received = bytearray()
        while (head_end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        length = _LENGTH.search(received, 0, head_end)
        assert length is not None, received[:head_end]
        whole = head_end + 4 + int(length[1])
        while len(received) < whole:
            received += self._more()
        return int(received[9:12]), bytes(received[head_end + 4 : whole])

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _more(self) -> bytes:
        more = self._socket.recv(1 << 18)
        assert more, "the server has closed the connection"
        return more


def request_bytes(url: str, headers: dict[str, str]) -> bytes:
    """Spell a GET request."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def rate_of(url: str, headers: dict[str, str], connection_count: int, duration_s: float) -> float:
    """Count the answers a second that a server gives over connections that each ask again at once."""
    parts = urlsplit(url)
    request = request_bytes(url, headers)

    async def ask() -> float:
        loop = asyncio.get_running_loop()
        connected = [
            await loop.create_connection(lambda: _Asker(request), parts.hostname, parts.port)
            for _ in range(connection_count)
        ]
        askers = [asker for _, asker in connected]
        await asyncio.sleep(duration_s / 4)
        started, counted = time.perf_counter(), sum(asker.answer_count for asker in askers)
        await asyncio.sleep(duration_s)
        answers = sum(asker.answer_count for asker in askers) - counted
        took_s = time.perf_counter() - started
        for asker in askers:
            asker.stop()
        assert sum(asker.failed_count for asker in askers) == 0, "an answer was no 200"
        return answers / took_s

    return uvloop.run(ask())
