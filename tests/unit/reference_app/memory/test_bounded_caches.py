"""What bounded caches declare is near to what they take, so that their filling is told from a leak."""

import asyncio
import tracemalloc
import uuid
from types import SimpleNamespace

import pytest

from reference_app.caching.changes import NoChanges
from reference_app.caching.memory_store import MemoryStore
from reference_app.caching.notified_changes import NotifiedChanges
from reference_app.caching.store import KeptAnswer
from reference_app.domain.people import User
from reference_app.memory.bounded_caches import BoundedCaches, CacheSize
from reference_app.memory.leak_detector import CACHE_MARGIN
from reference_app.middleware.claims import Claims
from reference_app.middleware.known_callers import KnownCaller, KnownCallers

ENTRIES = 2_000


def taken_bytes(fill):
    tracemalloc.start()
    try:
        fill()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_sizes_are_asked_for_each_time():
    caches, held = BoundedCaches(), [1]
    caches.declare("one", lambda: held[0], 10)
    caches.declare("other", lambda: 5, 50)
    held[0] = 2

    assert caches.sizes() == (CacheSize("one", 2, 10), CacheSize("other", 5, 50))
    assert caches.held_bytes() == 7


def test_who_keeps_no_answers_declares_nothing():
    caches = BoundedCaches()
    NoChanges().declare_in(caches)

    assert caches.sizes() == ()


@pytest.mark.parametrize("body_bytes", [200, 5_000])
def test_kept_answers_take_what_they_say(body_bytes):
    caches, store = BoundedCaches(), MemoryStore()
    NotifiedChanges("", store).declare_in(caches)

    async def fill():
        for _ in range(ENTRIES):
            key = f"/api/v2/locations/{uuid.uuid4().hex}|owner"
            await store.put(key, KeptAnswer(bytes(body_bytes), f'"{uuid.uuid4().hex}"'), 60)

    taken = taken_bytes(lambda: asyncio.run(fill()))

    assert taken / CACHE_MARGIN <= caches.held_bytes() <= CACHE_MARGIN * taken


def test_known_callers_take_what_they_say():
    class Versions:
        async def versions(self, scopes):
            return tuple(0 for _ in scopes)

    caches, known = BoundedCaches(), KnownCallers(SimpleNamespace(store=Versions()))
    known.declare_in(caches)

    def fill():
        for number in range(ENTRIES):
            email = f"client{number:06d}@example.test"
            user = User(
                id=number,
                email=email,
                full_name=f"Client {number}",
                role="client",
                password_hash=uuid.uuid4().hex * 4,
                client_id=number,
                location_id=None,
                has_mfa_device=False,
            )
            claims = Claims(
                user_id=number, email=email, is_second_factor_verified=False, expires_at_s=1e10 + number
            )
            known.keep(uuid.uuid4().hex * 7, KnownCaller(claims, user), (0,))

    taken = taken_bytes(fill)

    assert taken / CACHE_MARGIN <= caches.held_bytes() <= CACHE_MARGIN * taken
