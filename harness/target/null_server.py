"""A server that does nothing, as fast as Python can: what is slow in front of it is the generator.

`python -m harness.target.null_server` prints its port and answers every HTTP/1.1 request on 127.0.0.1 with an
empty 200 until its standard input ends. It reads no more of HTTP than where a request ends; requests with a
body are not its business.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import MeasurementError
from harness.target.child import pin

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_END = b"\r\n\r\n"
_STOP_S = 5.0


class NullProtocol(asyncio.Protocol):
    """Answers as often as a blank line ends a request."""

    def __init__(self) -> None:
        self._rest = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that has ended."""
        received = self._rest + data
        ended = received.count(_END)
        self._rest = received[received.rfind(_END) + len(_END) :] if ended else received
        if self._transport is not None and ended:
            self._transport.write(_ANSWER * ended)


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(NullProtocol, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  - the parent waits for it
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def null_server(*, cpus: frozenset[int] | None = None) -> Iterator[str]:
    """Run the server as a child process, on these CPUs where the system can pin; give its URL.

    Raises:
        MeasurementError: it does not start.
    """
    command = [sys.executable, "-m", "harness.target.null_server"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            pin(process.pid, cpus)
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip().isdigit():
                raise MeasurementError("The null server did not start.", hint=f"Try: {' '.join(command)}")
            yield f"http://127.0.0.1:{int(line)}"
        finally:
            if process.stdin:
                process.stdin.close()  # it ends by itself, as it does when this process dies
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    asyncio.run(serve())
