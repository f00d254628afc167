"""MiddlewareOrchestrator: a route's needs choose the layers that its requests pass."""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reference_app.failure import StartError
from reference_app.middleware.layer import Layer
from reference_app.middleware.needs import DeclaredRoutes, Need, needs_of
from reference_app.monitoring.layer_times import LayerTime, step
from reference_app.web.route import Route


class MiddlewareOrchestrator:
    """One middleware in place of one for each layer; which layers a request passes is settled once a route.

    A layer is passed if it meets one of the needs, or if it meets none and so prepares the others.

    Raises:
        StartError: a route has a need that no layer meets.
    """

    def __init__(self, layers: Sequence[Layer], times: Sequence[LayerTime], declared: DeclaredRoutes) -> None:
        self._layers = tuple(zip(layers, times, strict=True))
        self._declared = declared
        self._chains: dict[web.AbstractRoute, tuple[Handler, Handler]] = {}
        """By route: what aiohttp puts behind the layers, and the layers in front of just that."""
        met = frozenset[Need]().union(*(layer.meets for layer in layers))
        asked: list[tuple[str, Route | None]] = [("POST", None)]
        asked += [(route.method, route) for route in declared]
        for method, route in asked:
            unmet = sorted(needs_of(method, route) - met)
            if unmet:
                path = "an unknown path" if route is None else route.path
                raise StartError(f"No middleware layer meets what {method} {path} needs: {', '.join(unmet)}.")

    def middleware(self) -> Middleware:
        """Make the middleware for aiohttp."""

        @web.middleware
        async def orchestrated(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._chain(request, handler)(request)

        return orchestrated

    def layers_of(self, needs: frozenset[Need]) -> list[tuple[Layer, LayerTime]]:
        """Choose the layers for some needs, outermost first."""
        return [(layer, own) for layer, own in self._layers if not layer.meets or layer.meets & needs]

    def _chain(self, request: web.Request, handler: Handler) -> Handler:
        route = request.match_info.route
        if route.resource is None:  # made anew for each request: nothing to remember
            return self._wrapped(needs_of(request.method, None), handler)
        wrapped, chain = self._chains.get(route, (None, None))
        if chain is None or wrapped is not handler:
            chain = self._wrapped(needs_of(request.method, self._declared.of(request)), handler)
            self._chains[route] = handler, chain
        return chain

    def _wrapped(self, needs: frozenset[Need], handler: Handler) -> Handler:
        for layer, own in reversed(self.layers_of(needs)):
            handler = step(layer, own, handler)
        return handler


def orchestrate(
    layers: Sequence[Layer], times: Sequence[LayerTime], declared: DeclaredRoutes
) -> list[Middleware]:
    """Let each request pass the layers that its route needs."""
    return [MiddlewareOrchestrator(layers, times, declared).middleware()]
