"""A server that does nothing but answer: it prints its port and serves until it is killed."""

import asyncio
import sys

BODY = b"ok"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
    b'Server-Timing: app;dur=1.5, mw;dur=0.2, db;dur=0.9;desc="n=3"\r\n\r\n' + BODY
)


class Null(asyncio.Protocol):
    """Answers each head of a request without a body; requests may come in pieces or several at once."""

    def connection_made(self, transport):
        self._transport = transport
        self._received = b""

    def data_received(self, data):
        *heads, self._received = (self._received + data).split(b"\r\n\r\n")
        if heads:
            self._transport.write(ANSWER * len(heads))


async def serve():
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
