"""What a route needs from the layers in front of it, and which route a request goes to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

from aiohttp import web

from reference_app.middleware.endpoints import endpoint_of, pattern_of
from reference_app.web.route import Route

Need = Literal[
    "harmless address",
    "signed webhooks",
    "sound body",
    "tenancy",
    "money limits",
    "known caller",
    "second factor",
    "audit",
    "rate limit",
    "same site",
    "security headers",
    "kept answers",
]
NEEDS: tuple[Need, ...] = get_args(Need)
ALWAYS: frozenset[Need] = frozenset(NEEDS) - {"money limits", "audit", "tenancy", "kept answers"}
"""What an answer to anybody needs, one to an unknown path included."""
_OF_CHANGES: frozenset[Need] = frozenset({"money limits", "audit"})
_OF_KEPT: frozenset[Need] = frozenset({"kept answers"})
_OF_LOCATION: frozenset[Need] = frozenset({"tenancy"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def needs_of(method: str, route: Route | None) -> frozenset[Need]:
    """Collect what a request needs: what all need, changes need, and its route declares."""
    needs = ALWAYS if method in _READS else ALWAYS | _OF_CHANGES
    if route is not None and route.cache is not None:
        needs |= _OF_KEPT
    if route is not None and route.is_of_location:
        needs |= _OF_LOCATION
    return needs


class DeclaredRoutes:
    """Finds the declaration of the route that a request was resolved to, whatever its channel and version."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._declared: Mapping[tuple[str, str], Route] = {
            (route.method, endpoint_of(route.path)): route for route in routes
        }
        self._found: dict[web.AbstractRoute, Route | None] = {}

    def __iter__(self) -> Iterator[Route]:
        return iter(self._declared.values())

    def of(self, request: web.Request) -> Route | None:
        """Find the declaration; nothing for a path that is unknown or a method that it does not have."""
        resolved = request.match_info.route
        try:
            return self._found[resolved]
        except KeyError:
            found = self._find(request)
            if resolved.resource is not None:
                self._found[resolved] = found
            return found

    def _find(self, request: web.Request) -> Route | None:
        pattern = pattern_of(request)
        method = "GET" if request.method == "HEAD" else request.method
        return None if pattern is None else self._declared.get((method, pattern))
