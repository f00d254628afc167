"""Which answers may be kept, for how long, by whom they may be shared, and what brings them to an end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from reference_app.caching import scopes

Sharing = Literal["everybody", "equal rights"]
"""Whether all callers get the same answer, or those of one role, location and client."""
Dependencies = Callable[[web.Request], tuple[str, ...] | None]
"""Names the scopes that an answer to a request depends on; nothing where they cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How answers of one type of request are kept."""

    name: str
    ttl_s: float
    """Ends answers that changes in the database itself made wrong; those of the API end them at once."""
    sharing: Sharing

    @property
    def cache_control(self) -> str:
        """Tell callers that they may keep an answer if they ask each time whether it still holds."""
        return "no-cache" if self.sharing == "everybody" else "private, no-cache"


ANALYTICS = Strategy(name="analytics", ttl_s=300, sharing="equal rights")
AVAILABILITY = Strategy(name="availability", ttl_s=60, sharing="everybody")
SCHEDULE = Strategy(name="schedule", ttl_s=60, sharing="equal rights")
"""Availability as the staff sees it: with names."""
PROFILE = Strategy(name="profile", ttl_s=30, sharing="equal rights")
PUBLIC = Strategy(name="public", ttl_s=600, sharing="everybody")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRule:
    """A route's strategy and what its answers depend on."""

    strategy: Strategy
    depends_on: Dependencies


def fixed(strategy: Strategy, *names: str) -> CacheRule:
    """Depend on the same scopes whatever is asked, or on none that the API can change."""
    return CacheRule(strategy=strategy, depends_on=lambda _: names)


def by_path_id(strategy: Strategy, scope: Callable[[int], str]) -> CacheRule:
    """Depend on a scope of the id in the path."""
    return CacheRule(strategy=strategy, depends_on=lambda request: (scope(int(request.match_info["id"])),))


def _by_barber_or_location(request: web.Request) -> tuple[str, ...] | None:
    query = request.query
    for name, scope in (("barber_id", scopes.barber), ("location_id", scopes.location)):
        value = query.get(name)
        if value is not None:
            return (scope(int(value)),) if value.isascii() and value.isdigit() else None
    return None


FREE_TIME = CacheRule(strategy=AVAILABILITY, depends_on=_by_barber_or_location)
"""Free starts of a barber change with the barber's appointments, those of a location with the location's."""
