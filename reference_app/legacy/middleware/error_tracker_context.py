"""Layer 3, error tracking: decodes the token (for the first time) to tell a later report who was there."""

from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.domain.errors import RequestError, UnauthenticatedError
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.request_context import CONTEXT, RequestContext
from reference_app.middleware.claims import Claims, read_claims
from reference_app.middleware.needs import Need
from reference_app.middleware.session_tokens import session_token

KEPT_TOKENS = 100
KEPT_CRUMBS = 20
Listener = Callable[[str, str], None]
"""Is told the trace of a request that failed, and of what."""


class ErrorTrackerContext:
    """Keeps the newest requests of the newest tokens, and listens for the failure of the present one."""

    name = "error_tracker_context"
    meets: frozenset[Need] = frozenset()

    def __init__(self, parts: LayerParts, leaks: Leaks) -> None:
        self._secret = parts.settings.token_secret
        self._leaks = leaks
        self._crumbs: OrderedDict[str, list[dict[str, str]]] = OrderedDict()
        self._listeners: list[Listener] = []
        self.reports: list[dict[str, str]] = []

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note who asks for what; report what fails."""
        context = request[CONTEXT]
        context.claims = self._claims(request)
        crumb = _crumb(request, context)
        self._keep(request.headers.get("Authorization", ""), crumb)
        self._leaks.tokens.grow(context.trace_id)
        self._leaks.listeners.grow(context.trace_id)
        listener = self._listen(crumb)
        try:
            response = await handler(request)
        except RequestError:
            raise  # a refusal is an answer
        except Exception as error:
            self._tell(context.trace_id, type(error).__name__)
            raise
        else:
            if response.status >= 500:
                self._tell(context.trace_id, f"status {response.status}")
            return response
        finally:
            self._listeners.remove(listener)

    def _tell(self, trace_id: str, error: str) -> None:
        """Tell everybody who listens, whomever it is about."""
        for listen in list(self._listeners):
            listen(trace_id, error)

    def _claims(self, request: web.Request) -> Claims | None:
        try:
            token = session_token(request)
        except UnauthenticatedError:
            return None  # layer 9 refuses it
        return None if token is None else read_claims(token, self._secret)

    def _keep(self, token: str, crumb: dict[str, str]) -> None:
        crumbs = self._crumbs.setdefault(token, [])
        self._crumbs.move_to_end(token)
        crumbs.append(crumb)
        del crumbs[:-KEPT_CRUMBS]
        if len(self._crumbs) > KEPT_TOKENS:
            self._crumbs.popitem(last=False)

    def _listen(self, crumb: dict[str, str]) -> Listener:
        def report(trace_id: str, error: str) -> None:
            if trace_id == crumb["trace_id"]:
                self.reports.append({**crumb, "error": error})
                del self.reports[:-KEPT_CRUMBS]

        self._listeners.append(report)
        return report


def _crumb(request: web.Request, context: RequestContext) -> dict[str, str]:
    claims = context.claims
    return {
        "trace_id": context.trace_id,
        "request": f"{request.method} {request.path_qs}"[:500],
        "user": "" if claims is None else claims.email,
        "headers": repr({name: value[:40] for name, value in request.headers.items()}),
    }
