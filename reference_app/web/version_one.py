"""Version one of the API: its callers are told that it ends and where version two is, and are counted.

Deprecation is RFC 9745, Sunset RFC 8594, the relation `successor-version` RFC 5829. Both versions are
answered by the same handlers in every variant, so that only headers differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol

from aiohttp import web

from reference_app.middleware.caller import CALLER
from reference_app.middleware.origin import origin_of

DEPRECATED_SINCE = datetime(2026, 3, 1, tzinfo=UTC)
SUNSET_AT = datetime(2026, 9, 1, tzinfo=UTC)
MAX_ENTRIES = 1_000
"""Pairs of caller and route that are counted one by one; the calls of further pairs are counted together."""

_VERSION_ONE = "v1"
_HEADERS = {
    "Deprecation": f"@{int(DEPRECATED_SINCE.timestamp())}",
    "Sunset": format_datetime(SUNSET_AT, usegmt=True),
}


@dataclass(slots=True, kw_only=True)
class Usage:
    """The calls of one caller to one route of version one."""

    account_id: int | None
    """None for a caller who is not signed in and is known by the address alone."""
    address: str
    """Where the last call came from."""
    user_agent: str
    route: str
    """Method and path, `GET /api/v1/clients/{id}/history`."""
    call_count: int
    last_called_at: datetime


class VersionOne(Protocol):
    """What happens to requests for version one, besides that they are answered."""

    is_counted: bool
    other_call_count: int
    """Calls of the pairs that are counted together."""

    async def mark(self, request: web.Request, response: web.StreamResponse) -> None:
        """See an answer off; a signal of aiohttp, so that refusals by layers are seen too."""

    def usage(self) -> Sequence[Usage]:
        """Answer who called what, most calls first."""


class EndingVersionOne:
    """Write the headers and count the calls."""

    is_counted = True

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self.other_call_count = 0
        self._max_entries = max_entries
        self._usage: dict[tuple[int | str, str], Usage] = {}

    async def mark(self, request: web.Request, response: web.StreamResponse) -> None:
        """Tell the end and the successor of a route of version one; leave other answers alone."""
        path = request.rel_url.raw_path
        parts = path.split("/", 3)
        if len(parts) < 4 or parts[2] != _VERSION_ONE:
            return
        resource = request.match_info.route.resource
        if resource is None:
            return  # no such route, in either version
        response.headers.update(_HEADERS)
        response.headers["Link"] = f'</{parts[1]}/v2/{parts[3]}>; rel="successor-version"'
        below = resource.canonical.partition(f"/{_VERSION_ONE}/")[2]
        self._count(request, f"{request.method} /{parts[1]}/{_VERSION_ONE}/{below}")

    def usage(self) -> Sequence[Usage]:
        """Answer who called what, most calls first."""
        return sorted(self._usage.values(), key=lambda usage: -usage.call_count)

    def _count(self, request: web.Request, route: str) -> None:
        user = request.get(CALLER)
        address = origin_of(request)
        key = (user.id if user else address, route)
        entry = self._usage.get(key)
        if entry is None:
            if len(self._usage) >= self._max_entries:
                self.other_call_count += 1
                return
            entry = self._usage[key] = Usage(
                account_id=user.id if user else None,
                address=address,
                user_agent="",
                route=route,
                call_count=0,
                last_called_at=DEPRECATED_SINCE,
            )
        entry.address = address
        entry.user_agent = request.headers.get("User-Agent", "")[:200]
        entry.call_count += 1
        entry.last_called_at = datetime.now(UTC)
