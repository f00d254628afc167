"""Answers kept as bytes: given out again without a query, and never after what they depend on has changed."""

import hashlib
import time

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from reference_app.caching.rules import CacheRule, Sharing, Strategy
from reference_app.caching.single_flight import SingleFlight
from reference_app.caching.store import CacheStore, KeptAnswer
from reference_app.components import LayerParts
from reference_app.domain.people import User
from reference_app.middleware.caller import CALLER
from reference_app.middleware.endpoints import endpoint_of
from reference_app.middleware.needs import Need
from reference_app.monitoring.layer_times import TIMINGS

_TAG_DIGITS = 24
"""Of a hash that processors have an instruction for: 20 KB in 12 us, where BLAKE2 takes 22."""


class OptimizedCacheMiddleware:
    """Keeps the 200s of routes that declare a strategy; callers who ask the same at once wait for one query.

    A key holds what the answer depends on: path and query, the rights of the caller unless everybody gets
    the same, and the versions of the scopes, which were read before the query.
    """

    name = "optimized_cache"
    meets: frozenset[Need] = frozenset({"kept answers"})

    def __init__(self, parts: LayerParts) -> None:
        self._changes = parts.changes
        self._routes = parts.routes
        self._flights: SingleFlight[KeptAnswer] = SingleFlight()

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer from memory where that is allowed; tell a caller who has the answer already just that."""
        route = self._routes.of(request)
        store = self._changes.store
        if route is None or route.cache is None or store is None or request.method != "GET":
            return await handler(request)
        key = await _key(request, route.cache, store)
        if key is None:
            return await handler(request)
        strategy = route.cache.strategy
        kept = await store.get(key) or await self._wait(request, key)
        if kept is not None:
            request[TIMINGS].cache = "hit"
            return _response(request, kept, strategy)
        return await self._ask(request, handler, strategy, store, key)

    async def _wait(self, request: web.Request, key: str) -> KeptAnswer | None:
        started = time.perf_counter()
        kept = await self._flights.wait(key)
        # The time of somebody else's query is no more the layer's own than that of one's own query.
        request[TIMINGS].inner_s += time.perf_counter() - started
        return kept

    async def _ask(
        self, request: web.Request, handler: Handler, strategy: Strategy, store: CacheStore, key: str
    ) -> web.StreamResponse:
        answers: list[web.StreamResponse] = []

        async def work() -> KeptAnswer | None:
            answer = await handler(request)
            answers.append(answer)
            kept = _kept(answer)
            if kept is not None:
                await store.put(key, kept, strategy.ttl_s)
            return kept

        request[TIMINGS].cache = "miss"
        kept = await self._flights.lead(key, work)
        if kept is None:
            return answers[0]
        if _knows(request, kept):
            return _response(request, kept, strategy)
        answers[0].headers.update(_headers(kept, strategy))
        return answers[0]


async def _key(request: web.Request, rule: CacheRule, store: CacheStore) -> str | None:
    """Spell what the answer depends on; nothing where an answer must not be kept."""
    rights = _rights(request.get(CALLER), rule.strategy.sharing)
    scopes = rule.depends_on(request)
    if rights is None or scopes is None:
        return None
    versions = await store.versions(scopes) if scopes else ()
    return f"{endpoint_of(request.path)}?{request.rel_url.raw_query_string} {rights} {scopes} {versions}"


def _rights(caller: User | None, sharing: Sharing) -> str | None:
    """Tell what decides what a caller may see: the tenant, the role and, of clients, who they are."""
    if sharing == "everybody":
        return "everybody"
    if caller is None:
        return None
    return f"{caller.role} {caller.location_id} {caller.client_id}"


def _kept(answer: web.StreamResponse) -> KeptAnswer | None:
    if not isinstance(answer, web.Response) or answer.status != 200 or not isinstance(answer.body, bytes):
        return None
    digest = hashlib.sha256(answer.body, usedforsecurity=False).hexdigest()[:_TAG_DIGITS]
    return KeptAnswer(answer.body, f'"{digest}"')


def _response(request: web.Request, kept: KeptAnswer, strategy: Strategy) -> web.Response:
    headers = _headers(kept, strategy)
    if _knows(request, kept):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = "application/json"
    return web.Response(body=kept.body, headers=headers)


def _headers(kept: KeptAnswer, strategy: Strategy) -> dict[str, str]:
    return {hdrs.ETAG: kept.etag, hdrs.CACHE_CONTROL: strategy.cache_control}


def _knows(request: web.Request, kept: KeptAnswer) -> bool:
    """Tell whether the caller has this answer already."""
    known = request.headers.get(hdrs.IF_NONE_MATCH)
    return known is not None and _holds(known, kept.etag)


def _holds(known: str, etag: str) -> bool:
    """Compare as RFC 9110 (13.1.2) has it for If-None-Match: weakly, with any of a list."""
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return etag in tags or "*" in tags
