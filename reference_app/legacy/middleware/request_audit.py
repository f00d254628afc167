"""Request audit: who changed what."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.caller import CALLER
from reference_app.storage.users import Users


class RequestAudit:
    """Writes a line of the audit trail for each request that may change something, whatever its answer."""

    name = "request_audit"

    def __init__(self, users: Users) -> None:
        self._users = users

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pass reads on; record the others once they are answered."""
        response = await handler(request)
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            caller = request.get(CALLER)
            await self._users.record_action(caller.id if caller else None, _action(request), response.status)
        return response


def _action(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return f"{request.method[:20]} {resource.canonical if resource else 'unknown path'}"
