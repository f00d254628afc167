"""BEFORE's routes: each channel is a variable, so that no index helps and a request tries them one by one."""

from collections.abc import Sequence

from aiohttp import web

from reference_app.web.mounts import CHANNELS, VERSIONS, mounted

DUPLICATES = 11
"""Routes of the oldest mount that a merge brought in a second time; the first of each pair answers."""


def alias_routes(home: Sequence[web.RouteDef]) -> list[web.RouteDef]:
    """Mount by patterns whose first segment is a variable, in the order in which the channels came."""
    mounts = [f"/{{channel:{channel}}}/{version}" for channel in CHANNELS for version in VERSIONS]
    routes = mounted(home, mounts)
    oldest = [route for route in routes if route.path.startswith(mounts[0])]
    return [*routes, *oldest[:DUPLICATES]]
