"""Answers that instances share in Redis; while it is away, each instance keeps its own."""

import asyncio
import secrets
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from redis.asyncio import Redis

from reference_app.caching.memory_store import MemoryStore
from reference_app.caching.store import KeptAnswer
from reference_app.settings import KEPT_ANSWERS_BYTES
from reference_app.storage.redis_link import REDIS_FAULTS, RedisLink

VERSION_S = 3600
"""A version outlives every answer that was kept under it."""


class SharedStore(MemoryStore):
    """Redis while it answers, this process's memory while it does not.

    A change ends answers in both, so that none of before is given out after a fall back. Every instance
    that hears of a change tells Redis, not the writer alone: the writer may be the one that cannot reach it.
    A version is a random number, which no later one repeats, even if Redis throws versions out. Whoever finds
    Redis again empties it: changes may have been missed.
    """

    def __init__(self, link: RedisLink, max_bytes: int = KEPT_ANSWERS_BYTES) -> None:
        super().__init__(max_bytes)
        self._link = link
        self._instance = _fresh()
        self._tasks: set[asyncio.Task[None]] = set()
        link.before_use(self._forget)

    async def get(self, key: str) -> KeptAnswer | None:
        """Find an answer that is not over."""
        redis = self._redis
        if redis is None:
            return await super().get(key)
        try:
            text = await redis.get(self._answer_name(key))
        except REDIS_FAULTS:
            self._link.lost()
            return None
        if text is None:
            return None
        etag, _, body = text.partition(b"\n")
        return KeptAnswer(body, etag.decode())

    async def put(self, key: str, answer: KeptAnswer, ttl_s: float) -> None:
        """Keep an answer where answers are kept now."""
        redis = self._redis
        if redis is None:
            await super().put(key, answer, ttl_s)
            return
        text = answer.etag.encode() + b"\n" + answer.body
        try:
            await redis.set(self._answer_name(key), text, px=int(ttl_s * 1000))
        except REDIS_FAULTS:
            self._link.lost()

    async def versions(self, scopes: Sequence[str]) -> tuple[int, ...]:
        """Read the versions of scopes; numbers that nobody else gets when Redis goes away meanwhile."""
        redis = self._redis
        if redis is None:
            # Counted by this process alone: a key of these must never meet another instance's in Redis.
            return (self._instance, *await super().versions(scopes))
        names = [self._version_name(scope) for scope in scopes]
        try:
            found = await redis.mget(names)
            if None in found:
                found = await self._begin_versions(redis, names)
        except REDIS_FAULTS:
            self._link.lost()
            found = [None] * len(names)
        return tuple([_fresh() if version is None else int(version) for version in found])

    async def bump(self, scopes: Collection[str]) -> None:
        """Count a change of each scope, here and in Redis."""
        super().bump_now(scopes)
        await self._bump_shared(scopes)

    def bump_now(self, scopes: Collection[str]) -> None:
        """Count a change that another instance told: here at once, in Redis as soon as it can be done."""
        super().bump_now(scopes)
        self._soon(self._bump_shared(scopes))

    def bump_all(self) -> None:
        """Count a change of everything: changes may have been missed."""
        super().bump_all()
        self._soon(self._forget_shared())

    @property
    def _redis(self) -> Redis | None:
        return self._link.redis if self._link.is_up else None

    def _answer_name(self, key: str) -> str:
        return f"{self._link.namespace}:answer:{key}"

    def _version_name(self, scope: str) -> str:
        return f"{self._link.namespace}:version:{scope}"

    async def _begin_versions(self, redis: Redis, names: Sequence[str]) -> Sequence[bytes | None]:
        async with redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(name, _fresh(), nx=True, ex=VERSION_S)
            pipeline.mget(names)
            found: Sequence[bytes | None] = (await pipeline.execute())[-1]
        return found

    async def _bump_shared(self, scopes: Collection[str]) -> None:
        redis = self._redis
        if redis is None or not scopes:
            return
        try:
            async with redis.pipeline(transaction=False) as pipeline:
                for scope in scopes:
                    pipeline.set(self._version_name(scope), _fresh(), ex=VERSION_S)
                await pipeline.execute()
        except REDIS_FAULTS:
            self._link.lost()

    async def _forget_shared(self) -> None:
        redis = self._redis
        if redis is None:
            return
        try:
            await self._forget(redis)
        except REDIS_FAULTS:
            self._link.lost()

    async def _forget(self, redis: Redis) -> None:
        for kind in ("version", "answer"):
            async for name in redis.scan_iter(match=f"{self._link.namespace}:{kind}:*", count=1000):
                await redis.unlink(name)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _fresh() -> int:
    return secrets.randbits(63)
