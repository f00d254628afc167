"""What BEFORE's layers leave behind for each other."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from reference_app.middleware.claims import Claims


@dataclass(slots=True)
class RequestContext:
    """Notes about one request; each layer adds its own and few read them."""

    trace_id: str
    claims: Claims | None = None
    risk: int = 0
    notes: dict[str, Any] = field(default_factory=dict)


CONTEXT = web.RequestKey("legacy_context", RequestContext)
