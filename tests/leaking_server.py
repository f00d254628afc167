"""A server that leaks exactly as told, and mounts the memory probe as any server would.

`python tests/leaking_server.py PORT KIND AMOUNT [--no-probe]` serves on 127.0.0.1 until it is killed.
"""

import asyncio
import ctypes
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness/probe/mount"))
from kpibench_memory import read_memory

KINDS = ("none", "bytes", "forty", "cache", "cycles", "fragments", "malloc", "descriptors", "threads")
PROBE = "/_kpibench/memory"


class Leak:
    """Keeps `amount` of something of each request, by one of several mistakes."""

    def __init__(self, kind: str, amount: int) -> None:
        self.kind = kind
        self.amount = amount
        self.kept: list[object] = []
        self.places: list[object] = [None] * 100_000
        self.by_request: dict[int, object] = {}
        self.count = 0

    def grow(self) -> None:
        self.count += 1
        getattr(self, f"_{self.kind}")()

    def _none(self) -> None:
        """Keep nothing."""

    def _bytes(self) -> None:
        """Keep a block whose whole size, header included, is the amount; the list's own place is 8 more."""
        self.kept.append(bytes(self.amount - sys.getsizeof(b"") - 8))

    def _forty(self) -> None:
        """Keep blocks of 32 and 48 bytes in turns, in places that were there before; whatever the amount."""
        self.places[self.count] = self.count / 2 if self.count % 2 else bytes(15)

    def _cache(self) -> None:
        """Fill a cache of `amount` entries of 1 KiB, then throw out the oldest."""
        self.by_request[self.count] = bytes(1024)
        if len(self.by_request) > self.amount:
            del self.by_request[next(iter(self.by_request))]

    def _cycles(self) -> None:
        """Leave a cycle that only the collector finds."""
        one: dict[str, object] = {"payload": bytes(self.amount)}
        one["self"] = one

    def _fragments(self) -> None:
        """Pin a page of the heap between two crumbs of 32 bytes each `amount` requests.

        They are what is left of two blocks that were shrunk where they lay: a crumb asked for by itself would
        fit into an older gap. What lies between is free, but each later block wants a little more than that.
        """
        if self.count % self.amount == 0:
            size = 4_000 + 16 * (self.count // self.amount)
            for block in [_LIBC.malloc(size), _LIBC.malloc(size)]:
                _LIBC.realloc(block, 24)

    def _malloc(self) -> None:
        """Keep memory of which Python knows nothing."""
        _LIBC.malloc(self.amount)

    def _descriptors(self) -> None:
        """Open a file each `amount` requests and forget it."""
        if self.count % self.amount == 0:
            os.open(os.devnull, os.O_RDONLY)

    def _threads(self) -> None:
        """Start a thread each `amount` requests that never ends."""
        if self.count % self.amount == 0:
            threading.Thread(target=threading.Event().wait, daemon=True).start()


_LIBC = ctypes.CDLL(None)
_LIBC.malloc.restype = ctypes.c_void_p
_LIBC.malloc.argtypes = [ctypes.c_size_t]
_LIBC.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


async def _answer(leak: Leak, _request: web.Request) -> web.Response:
    leak.grow()
    return web.Response(text="{}")


async def _memory(_request: web.Request) -> web.Response:
    return web.json_response(read_memory())


def main(port: int, kind: str, amount: int, *, has_probe: bool) -> None:
    app = web.Application()
    if has_probe:
        app.router.add_get(PROBE, _memory)
    answer: Callable[..., object] = partial(_answer, Leak(kind, amount))
    app.router.add_route("*", "/{path:.*}", answer)
    asyncio.set_event_loop(asyncio.new_event_loop())
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=lambda _: None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), has_probe=sys.argv[4:] != ["--no-probe"])
