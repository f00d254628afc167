"""Layer 8, financial security: parses the body once more to look for money, and remembers who moved it."""

import time

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.legacy.middleware.request_context import CONTEXT
from reference_app.middleware.audit import changes_something
from reference_app.middleware.needs import Need
from reference_app.middleware.payment_limits import (
    WINDOW_S,
    moved_cents,
    require_amount,
    too_many_moves,
)
from reference_app.web.parsing import read_json


class FinancialSecurity:
    """Limits amounts and their number by account."""

    name = "financial_security"
    meets: frozenset[Need] = frozenset({"money limits"})

    def __init__(self, parts: LayerParts) -> None:
        self._max_moves = parts.settings.moves_per_minute
        self._history: list[tuple[int, float, int]] = []
        """Account, moment and amount of the moves of the last minute, of all accounts together."""

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse absurd amounts and floods of them."""
        if changes_something(request) and request.body_exists:
            claims = request[CONTEXT].claims
            amount_cents = moved_cents(await read_json(request))
            if claims is not None and amount_cents is not None:
                require_amount(amount_cents)
                self._count_move(claims.user_id, amount_cents)
        return await handler(request)

    def _count_move(self, user_id: int, amount_cents: int) -> None:
        now = time.monotonic()
        self._history = [move for move in self._history if move[1] > now - WINDOW_S]
        if sum(1 for mover, _, _ in self._history if mover == user_id) >= self._max_moves:
            raise too_many_moves()
        self._history.append((user_id, now, amount_cents))
