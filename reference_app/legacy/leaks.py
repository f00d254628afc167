"""BEFORE's five memory leaks, each at a rate that is known to the byte that Python allocates.

Each is a mistake that teams really make; `serve --leak KIND` opens only the chosen ones. A closed leak lets
go of what the open one keeps.
"""

import functools
from array import array
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol


class Leak(Protocol):
    """Something that grows with every request, or would."""

    @property
    def kept_count(self) -> int:
        """Count what was kept."""

    def grow(self, key: str) -> None:
        """Do what the request needs; an open leak keeps its remains."""


class _Session:
    """A unit of work with its read buffer."""

    __slots__ = ("buffer", "owner")

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.buffer = bytearray(4096)


class SessionLeak:
    """Sessions are taken from the factory, which knows all that are open; nobody closes them."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._taken: list[_Session] = []

    @property
    def kept_count(self) -> int:
        """Count the sessions that are still open."""
        return len(self._taken)

    def grow(self, key: str) -> None:
        """Take a session for the account."""
        self._taken.append(_Session(key))
        if not self._is_open:
            self._taken.pop()


class TokenLeak:
    """What is known of a token is kept under a name that no second request ever has."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._by_token: dict[str, bytes] = {}

    @property
    def kept_count(self) -> int:
        """Count the tokens."""
        return len(self._by_token)

    def grow(self, key: str) -> None:
        """Note the rights that the token gives."""
        token = f"token:{key}"
        self._by_token[token] = bytes(1024)
        if not self._is_open:
            del self._by_token[token]


class ListenerLeak:
    """Each request listens for its failure; the listener, and all that it holds, stays on the list."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._listeners: list[Callable[[], bytes]] = []

    @property
    def kept_count(self) -> int:
        """Count the listeners."""
        return len(self._listeners)

    def grow(self, key: str) -> None:  # noqa: ARG002 - a listener has no name
        """Listen."""
        held = bytes(768)
        self._listeners.append(lambda: held)
        if not self._is_open:
            self._listeners.pop()


class MetricLeak:
    """Every request's measurements are appended to a list that nothing ever trims."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._measurements: list[array[float]] = []

    @property
    def kept_count(self) -> int:
        """Count the measurements."""
        return len(self._measurements)

    def grow(self, key: str) -> None:  # noqa: ARG002 - a measurement has no name
        """Measure 32 things."""
        self._measurements.append(array("d", bytes(256)))
        if not self._is_open:
            self._measurements.pop()


class CacheLeak:
    """A method's results are cached without a bound, by an argument that never comes again."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._verdict = functools.cache(self._uncached_verdict)

    @property
    def kept_count(self) -> int:
        """Count the results."""
        return self._verdict.cache_info().currsize

    def grow(self, key: str) -> None:
        """Ask for the verdict on a request."""
        self._verdict(f"verdict:{key}")
        if not self._is_open:
            self._verdict.cache_clear()

    def _uncached_verdict(self, key: str) -> bytes:
        return key.encode().ljust(1536)


BYTES_PER_REQUEST = {"sessions": 4_216, "tokens": 1_196, "listeners": 1_056, "metrics": 391, "caches": 1_710}
"""Live bytes that each open leak adds, on CPython 3.11: payload, objects around it, place in its container.

Containers grow in steps, so single stretches of a few hundred requests differ by some percent.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """The leaks of one application; the session leak grows with the requests of known callers alone."""

    sessions: Leak
    tokens: Leak
    listeners: Leak
    metrics: Leak
    caches: Leak

    @classmethod
    def only(cls, open_kinds: Collection[str]) -> "Leaks":
        """Open some leaks and close the others."""
        return cls(
            sessions=SessionLeak(is_open="sessions" in open_kinds),
            tokens=TokenLeak(is_open="tokens" in open_kinds),
            listeners=ListenerLeak(is_open="listeners" in open_kinds),
            metrics=MetricLeak(is_open="metrics" in open_kinds),
            caches=CacheLeak(is_open="caches" in open_kinds),
        )
