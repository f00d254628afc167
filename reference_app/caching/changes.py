"""Changes: how a write tells every instance, in its own transaction, which kept answers are over."""

from collections.abc import Collection
from typing import Protocol

from reference_app.caching.store import CacheStore
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.storage.connections import Connection


class Changes(Protocol):
    """What the services tell about their writes, and who keeps answers."""

    @property
    def store(self) -> CacheStore | None:
        """Where answers may be kept now; nothing when none may be, since changes might be missed."""

    def declare_in(self, caches: BoundedCaches) -> None:
        """Say which bounded memory the kept answers take, if any are kept in this process."""

    async def open(self) -> None:
        """Begin to hear of other instances' changes."""

    async def close(self) -> None:
        """Stop listening."""

    async def announce(self, connection: Connection, scopes: Collection[str]) -> None:
        """Tell other instances; inside the transaction, so that they hear of it exactly if it commits."""

    async def apply(self, scopes: Collection[str]) -> None:
        """End the answers of this instance; after the commit and before the writer is answered."""


class NoChanges:
    """Nothing is kept, so nobody needs to know."""

    store: CacheStore | None = None

    def declare_in(self, caches: BoundedCaches) -> None:
        """Do nothing."""

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def announce(self, connection: Connection, scopes: Collection[str]) -> None:
        """Do nothing."""

    async def apply(self, scopes: Collection[str]) -> None:
        """Do nothing."""
