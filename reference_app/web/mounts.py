"""Mounts: channels and versions under which every endpoint of the domain answers, with the same bodies."""

from collections.abc import Sequence

from aiohttp import web

HOME = "/api/v2"
"""Where the routes are written down."""
MONITORING = f"{HOME}/monitoring/"
"""Looks at the process, whoever calls it through which channel: answered here alone."""
CHANNELS = ("kiosk", "embed", "partner", "desk", "portal", "mobile", "app", "web", "api")
"""Front ends that were given an address of their own, oldest first."""
VERSIONS = ("v1", "v2")


def mounted(home: Sequence[web.RouteDef], mounts: Sequence[str]) -> list[web.RouteDef]:
    """Repeat the routes of `HOME` under each mount; the others stay where they are."""
    api = [
        route for route in home if route.path.startswith(f"{HOME}/") and not route.path.startswith(MONITORING)
    ]
    others = [route for route in home if route not in api]
    return [*others, *(_moved(route, mount) for mount in mounts for route in api)]


def literal_mounts(home: Sequence[web.RouteDef]) -> list[web.RouteDef]:
    """Mount by literal prefixes: one look-up finds a route."""
    return mounted(home, [f"/{channel}/{version}" for channel in CHANNELS for version in VERSIONS])


def _moved(route: web.RouteDef, mount: str) -> web.RouteDef:
    return web.RouteDef(
        route.method, mount + route.path.removeprefix(HOME), route.handler, dict(route.kwargs)
    )
