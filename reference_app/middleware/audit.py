"""The audit trail: who changed what."""

from aiohttp import web

from reference_app.middleware.endpoints import mount_of, pattern_of

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def changes_something(request: web.Request) -> bool:
    """Tell whether the request's method promises no change."""
    return request.method not in _READS


def action_of(request: web.Request) -> str:
    """Name what was asked for, ids left out: `POST /api/v2/appointments/{id}/cancel`."""
    pattern = pattern_of(request)
    return f"{request.method[:20]} {'unknown path' if pattern is None else mount_of(request.path) + pattern}"
