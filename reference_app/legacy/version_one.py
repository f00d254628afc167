"""BEFORE's version one: answered like version two, without a word that it ends; nobody knows who calls it."""

from collections.abc import Sequence

from aiohttp import web

from reference_app.web.version_one import Usage


class SilentVersionOne:
    """Say nothing and count nothing."""

    is_counted = False
    other_call_count = 0

    async def mark(self, request: web.Request, response: web.StreamResponse) -> None:
        """Leave every answer as it is."""

    def usage(self) -> Sequence[Usage]:
        """Answer nobody."""
        return ()
