"""RedisLink: the server that instances share, whether it answers, and the pool of connections to it."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from typing import Literal, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from reference_app.failure import StartError
from reference_app.scalability.alerts import Alerts
from reference_app.settings import Settings

CONNECTION_COUNT = 16
TIMEOUT_S = 0.5
"""A server that needs longer is taken for gone: its answers are worth less than a query's time."""
RETRY_S = 1.0
ALERT = "redis"

REDIS_FAULTS = (RedisError, OSError, TimeoutError)


class RedisLink:
    """Lends a client while the server answers, and looks for it again while it does not.

    Without a URL there is no server, which is no fault. While a server is away, each instance goes on alone.

    Raises:
        StartError: the URL is no Redis URL.
    """

    def __init__(self, settings: Settings, alerts: Alerts) -> None:
        self._alerts = alerts
        self.namespace = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
        """In front of every key: instances share with those alone that serve the same database."""
        self._redis = _client(settings.redis_url) if settings.redis_url else None
        self._is_up = False
        self._before_use: list[Callable[[Redis], Awaitable[None]]] = []
        self._search: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    @property
    def redis(self) -> Redis | None:
        """The client, for whoever asks `is_up` in front of each use; nothing when no server is configured."""
        return self._redis

    @property
    def is_up(self) -> bool:
        """Whether the server answered when it was last asked."""
        return self._is_up

    @property
    def state(self) -> Literal["not configured", "up", "away"]:
        """What health tells about the server."""
        if self._redis is None:
            return "not configured"
        return "up" if self._is_up else "away"

    def before_use(self, work: Callable[[Redis], Awaitable[None]]) -> None:
        """Have some work done each time that the server is found, before anybody uses it."""
        self._before_use.append(work)

    async def open(self) -> None:
        """Find the server; if it is away, go on looking for it."""
        if self._redis is not None and not await self._find(self._redis):
            self.lost()

    async def close(self) -> None:
        """Close all connections."""
        self._is_up = False
        self._is_closing.set()
        if self._search is not None:
            await self._search
        if self._redis is not None:
            await self._redis.aclose()

    def lost(self) -> None:
        """Take the server for gone until it is found again."""
        self._is_up = False
        if self._redis is not None and (self._search is None or self._search.done()):
            self._alerts.report(
                ALERT, "medium", "Redis does not answer: each instance counts and keeps alone."
            )
            self._search = asyncio.get_running_loop().create_task(self._look_for(self._redis))

    async def _look_for(self, redis: Redis) -> None:
        while not self._is_closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), RETRY_S)
            if not self._is_closing.is_set() and await self._find(redis):
                self._alerts.clear(ALERT, "Redis answers again.")
                return

    async def _find(self, redis: Redis) -> bool:
        try:
            await cast("Awaitable[bool]", redis.ping())
            for work in self._before_use:
                await work(redis)
        except REDIS_FAULTS:
            return False
        self._is_up = True
        return True


def _client(url: str) -> Redis:
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTION_COUNT,
            timeout=None,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise StartError(f"--redis-url is no Redis URL: {error}") from error
    return Redis.from_pool(pool)
