"""Callers whose token and account were looked at a moment ago."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from cachebox import LRUCache

from reference_app.caching import scopes
from reference_app.caching.changes import Changes
from reference_app.caching.rules import PROFILE
from reference_app.domain.people import User
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.middleware.claims import Claims

MAX_CALLERS = 20_000
CALLER_BYTES = 1_000
"""What one takes in memory, roughly: token, claims, account."""


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """What a token claims, and its account as the database had it."""

    claims: Claims
    user: User


@dataclass(frozen=True, slots=True)
class _Known:
    caller: KnownCaller
    scopes: tuple[str, ...]
    version: tuple[int, ...]
    ends_at_s: float


class KnownCallers:
    """Remembers callers for as long as a profile may be kept, and not past their token's end.

    A change of the account through the API ends that at once, on every instance. One that is made in the
    database itself is noticed when the time is over.
    """

    def __init__(self, changes: Changes, clock: Callable[[], float] = time.time) -> None:
        self._changes = changes
        self._clock = clock
        self._known: LRUCache[str, _Known] = LRUCache(MAX_CALLERS)

    def declare_in(self, caches: BoundedCaches) -> None:
        """Say which bounded memory they take."""
        caches.declare("known callers", lambda: len(self._known) * CALLER_BYTES, MAX_CALLERS * CALLER_BYTES)

    async def find(self, token: str) -> KnownCaller | None:
        """Find who carries a token, if that is still known."""
        known = self._known.get(token)
        store = self._changes.store
        if known is None or store is None or known.ends_at_s <= self._clock():
            return None
        return known.caller if await store.versions(known.scopes) == known.version else None

    async def version(self, user_id: int) -> tuple[int, ...] | None:
        """Read an account's version, before the account is looked up; nothing where none may be kept."""
        store = self._changes.store
        return None if store is None else await store.versions((scopes.account(user_id),))

    def keep(self, token: str, caller: KnownCaller, version: tuple[int, ...] | None) -> None:
        """Remember a caller whose account had this version before it was looked up."""
        if version is not None:
            ends_at_s = min(self._clock() + PROFILE.ttl_s, caller.claims.expires_at_s)
            scope = (scopes.account(caller.user.id),)
            self._known.insert(token, _Known(caller, scope, version, ends_at_s))
