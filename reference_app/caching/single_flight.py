"""Single flight: of callers who ask the same at the same time, one works and the others wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Shares one piece of work between the callers of a key; forgets the key when the work is done."""

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[T | None]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def wait(self, key: str) -> T | None:
        """Wait for whoever works on the key; nothing when nobody does, or nothing came of it."""
        flight = self._flights.get(key)
        # The shield keeps a caller who gives up from cancelling everybody's work.
        return None if flight is None else await asyncio.shield(flight)

    async def lead(self, key: str, work: Callable[[], Awaitable[T | None]]) -> T | None:
        """Do the work for all who wait. If it fails they get nothing, and each does its own."""
        if key in self._flights:
            return await work()
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        result = None
        try:
            result = await work()
            return result
        finally:
            del self._flights[key]
            flight.set_result(result)
