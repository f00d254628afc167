"""Transactions that are tried again when rivals deadlock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from reference_app.caching.changes import Changes
from reference_app.domain.errors import ConflictError
from reference_app.services.ports import BookingLock
from reference_app.storage.booking_locks import BarberBookingLock
from reference_app.storage.connections import Connection, Connections

T = TypeVar("T")

MAX_ATTEMPTS = 5
"""A deadlock or serialization failure undoes the whole transaction: it can be run again."""


def slot_taken() -> ConflictError:
    """Make the refusal of whoever came second."""
    return ConflictError("slot_taken", "This time has just been taken.")


class Transactions:
    """Runs work in a transaction of its own; how bookers of one barber queue up is exchangeable."""

    def __init__(self, connections: Connections, lock: BookingLock, changes: Changes) -> None:
        self._connections = connections
        self._lock = lock
        self._changes = changes

    async def run(self, work: Callable[[Connection, BookingLock], Awaitable[T]]) -> T:
        """Run the work and commit it.

        Raises:
            ConflictError: the time is taken, or rivals kept deadlocking.
        """
        lock = self._lock
        for _ in range(MAX_ATTEMPTS):
            try:
                return await self._attempt(work, lock)
            except asyncpg.ExclusionViolationError:
                raise slot_taken() from None
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                # Whoever rushes into the same crowd again deadlocks again: the next attempt queues up.
                lock = BarberBookingLock()
        raise ConflictError("contended", "Too many callers want this time at once; try again.")

    async def _attempt(self, work: Callable[[Connection, BookingLock], Awaitable[T]], lock: BookingLock) -> T:
        async with self._connections.use() as connection:
            try:
                async with connection.transaction():
                    result = await work(connection, lock)
                    await self._changes.announce(connection, connection.changed)
                    return result
            finally:
                # Also after a failure: whether a commit that was cut short took place, nobody knows.
                await self._changes.apply(connection.changed)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run work that only reads, outside of any transaction."""
        async with self._connections.use() as connection:
            return await work(connection)
