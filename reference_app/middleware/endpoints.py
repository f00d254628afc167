"""Which endpoint a path names, whatever channel and version stand in front: `/api/v2` and all its likes."""

from aiohttp import web


def mount_of(path: str) -> str:
    """Take the channel and the version: `/api/v2` of `/api/v2/locations/1/day`, nothing of `/health/live`."""
    parts = path.split("/", 3)
    return "/".join(parts[:3]) if len(parts) == 4 else ""


def endpoint_of(path: str) -> str:
    """Take the rest: `/locations/1/day`."""
    return path[len(mount_of(path)) :]


def pattern_of(request: web.Request) -> str | None:
    """Find the endpoint with its ids left out, `/locations/{id}/day`; nothing for an unknown path."""
    resource = request.match_info.route.resource
    return None if resource is None else endpoint_of(resource.canonical)
