"""Layer 13, cache: keys, decodes and encodes every answer, and then asks whether it may be kept at all."""

import hashlib
import json
import time
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.legacy.middleware.version_rules import CACHE_SECONDS
from reference_app.middleware.audit import changes_something
from reference_app.middleware.needs import Need
from reference_app.web.bodies import written_response

MAX_ENTRIES = 1_000


class ResponseCache:
    """Keeps answers as JSON text inside JSON text, by a hash of everything that could matter."""

    name = "cache"
    meets: frozenset[Need] = frozenset({"kept answers"})

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer from the cache, or note the answer; any change empties the cache."""
        if changes_something(request):
            self._entries.clear()
            return await handler(request)
        key = _key(request)
        entry = json.loads(self._entries.get(key, "null"))
        if entry is not None and entry["expires_s"] > time.monotonic():
            return written_response(json.loads(entry["body"]))
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "application/json":
            self._keep(key, request.path, response)
        return response

    def _keep(self, key: str, path: str, response: web.Response) -> None:
        body = response.body if isinstance(response.body, bytes) else b"null"
        entry: dict[str, Any] = {
            "body": json.dumps(json.loads(body)),
            "expires_s": time.monotonic() + _seconds(path),
        }
        text = json.dumps(entry)
        if response.status == 200 and _seconds(path) > 0:
            if len(self._entries) >= MAX_ENTRIES:
                self._entries.clear()
            self._entries[key] = text


def _key(request: web.Request) -> str:
    parts = [request.method, request.path_qs, request.headers.get("Authorization", "")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _seconds(path: str) -> float:
    return next((seconds for rule, seconds in CACHE_SECONDS if rule.match(path)), 0.0)
