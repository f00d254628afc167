"""Where a request's time goes, measured the same way in every variant.

- `app`: from the first line of our code to the moment before the answer's headers are written.
- `db`: all time spent waiting for the database, wherever in the request it happens: connecting, waiting for a
  free connection, and each statement's round trip. `n` counts statements, `BEGIN` and `COMMIT` included.
- `ext`: all time spent waiting for other companies' services; `n` counts calls, and their names follow.
- `cache`: `hit` or `miss`, where an answer may be kept.
- `mw`: the middleware layers' own time, their database calls included; what they wrap is taken off.

`mw` and `db` overlap where a layer asks the database, so they do not add up to `app`. A request runs in one
task and asks the database one statement at a time, so times never count twice. The cost is two clock reads a
statement.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import msgspec

_NO_STATEMENT, _NO_CALL = 'db;dur=0.000;desc="n=0"', 'ext;dur=0.000;desc="n=0"'


class RequestTimings(msgspec.Struct):
    """The running sums of one request, in seconds."""

    started_s: float = msgspec.field(default_factory=time.perf_counter)
    database_s: float = 0.0
    statement_count: int = 0
    external_s: float = 0.0
    external_count: int = 0
    external_names: tuple[str, ...] = ()
    """Of the services that were asked, in the order of their first calls."""
    middleware_s: float = 0.0
    inner_s: float = 0.0
    """Time of the layers inside of the one that runs, and of what they wrap: what is not its own."""
    cache: Literal["", "hit", "miss"] = ""
    """Whether a kept answer was given out; empty where none may be kept."""
    request: str = ""
    """Method and path, as reports about the process name the request."""

    def server_timing(self) -> str:
        """Write the `Server-Timing` header's value; durations in milliseconds."""
        cache = f" cache;desc={self.cache}," if self.cache else ""
        database = _NO_STATEMENT
        if self.statement_count or self.database_s:
            database = f'db;dur={self.database_s * 1e3:.3f};desc="n={self.statement_count}"'
        external = _NO_CALL
        if self.external_count:
            names = " ".join(self.external_names)
            external = f'ext;dur={self.external_s * 1e3:.3f};desc="n={self.external_count} {names}"'
        app_ms = (time.perf_counter() - self.started_s) * 1e3
        return f"app;dur={app_ms:.3f}, mw;dur={self.middleware_s * 1e3:.3f},{cache} {database}, {external}"


_CURRENT: ContextVar[RequestTimings | None] = ContextVar("request_timings", default=None)


def begin_request(request: str = "") -> RequestTimings:
    """Start the clock of the request that this task serves."""
    timings = RequestTimings(request=request)
    _CURRENT.set(timings)
    return timings


def current_request() -> str:
    """Name the request that this task serves; empty outside of one."""
    timings = _CURRENT.get()
    return "" if timings is None else timings.request


class database_time:  # noqa: N801 - reads as what it does where it is used
    """Add the time inside to the current request's database time; outside of a request, do nothing."""

    __slots__ = ("_started_s", "_statement_count", "_timings")

    def __init__(self, statement_count: int = 1) -> None:
        self._statement_count = statement_count
        self._timings = _CURRENT.get()

    def __enter__(self) -> None:
        self._started_s = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        if self._timings is not None:
            self._timings.database_s += time.perf_counter() - self._started_s
            self._timings.statement_count += self._statement_count


@contextmanager
def external_time(service: str) -> Iterator[None]:
    """Add the time inside to what the current request waits for another service; else do nothing."""
    timings = _CURRENT.get()
    if timings is None:
        yield
        return
    started = time.perf_counter()
    try:
        yield
    finally:
        timings.external_s += time.perf_counter() - started
        timings.external_count += 1
        if service not in timings.external_names:
            timings.external_names += (service,)
