"""Layer: one step that every request passes."""

from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler


class Layer(Protocol):
    """One middleware layer, made once for the life of the application."""

    @property
    def name(self) -> str:
        """Name the layer in monitoring, for example `authentication`."""

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Do the layer's work around `handler`; a `RequestError` raised here becomes the answer."""
