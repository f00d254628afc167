"""Layer: one step that every request passes."""

from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.middleware.needs import Need


class Layer(Protocol):
    """One middleware layer, made once for the life of the application."""

    @property
    def name(self) -> str:
        """Name the layer in monitoring, for example `authentication`."""

    @property
    def meets(self) -> frozenset[Need]:
        """Tell which needs of a route it meets; one that meets none prepares the others, each time."""

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Do the layer's work around `handler`; a `RequestError` raised here becomes the answer."""
