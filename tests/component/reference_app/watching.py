"""Connections whose every statement is shown to somebody, with its values, before it runs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from reference_app.components import Components
from reference_app.storage.connections import Connection, Connections

Watch = Callable[[Any, str, tuple[object, ...]], Awaitable[None]]
"""Is given the plain connection, the statement and its values."""


def watched(components: Components, watch: Watch) -> Components:
    """Build the same application, watched."""
    return replace(
        components, connections=lambda settings: WatchedConnections(components.connections(settings), watch)
    )


class WatchedConnections:
    """Lends what other connections lend."""

    def __init__(self, inner: Connections, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch

    @property
    def opened_count(self) -> int:
        return self._inner.opened_count

    @property
    def size(self) -> int:
        return self._inner.size

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        async with self._inner.use() as connection:
            yield WatchedConnection(connection._raw, self._watch)


class WatchedConnection(Connection):
    """Shows each statement before it runs."""

    __slots__ = ("_watch",)

    def __init__(self, raw: Any, watch: Watch) -> None:
        super().__init__(raw)
        self._watch = watch

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        await self._watch(self._raw, sql, values)
        return await super().fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: object) -> Any:
        await self._watch(self._raw, sql, values)
        return await super().fetchrow(sql, *values)

    async def execute(self, sql: str, *values: object) -> None:
        await self._watch(self._raw, sql, values)
        await super().execute(sql, *values)
