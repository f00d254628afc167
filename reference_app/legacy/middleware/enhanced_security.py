"""Layer 4, enhanced security: rebuilds the table of all clients, and searches everything for attacks."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.request_context import CONTEXT
from reference_app.middleware.attack_patterns import ATTACKS, suspicious
from reference_app.middleware.needs import Need

_RISK = {"new": 2, "regular": 1, "vip": 0}


@dataclass
class KnownClient:
    """A client as the table of this layer has it."""

    email: str
    customer_type: str
    risk: int


class EnhancedSecurity:
    """Rates the caller by a table that is made anew each time, and refuses addresses that hold an attack."""

    name = "enhanced_security"
    meets: frozenset[Need] = frozenset({"harmless address"})

    def __init__(self, parts: LayerParts, leaks: Leaks) -> None:
        self._connections = parts.connections
        self._leaks = leaks
        self._clients: list[tuple[str, str]] = []

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse attacks; rate everybody else."""
        context = request[CONTEXT]
        if self._is_attack(unquote_plus(request.path_qs)):
            raise suspicious()
        self._leaks.caches.grow(context.trace_id)
        table = self._rated(self._clients or await self._read_clients())
        known = table.get(context.claims.email) if context.claims else None
        context.risk = known.risk if known else 3
        if request.body_exists:
            context.risk += self._is_attack((await request.read()).decode(errors="replace"))
        context.risk += sum(self._is_attack(value) for value in request.headers.values())
        return await handler(request)

    async def _read_clients(self) -> list[tuple[str, str]]:
        """Read address and type of every client, once."""
        async with self._connections.use() as connection:
            rows = await connection.fetch("SELECT email, customer_type FROM clients")
        self._clients = [(email, customer_type) for email, customer_type in rows]
        return self._clients

    def _rated(self, clients: list[tuple[str, str]]) -> dict[str, KnownClient]:
        """Rate every client by their e-mail address: who this request is from comes last."""
        return {
            email: KnownClient(email, customer_type, _RISK[customer_type]) for email, customer_type in clients
        }

    def _is_attack(self, text: str) -> bool:
        """Try one pattern after the other."""
        return any(re.search(pattern, text, re.IGNORECASE) for pattern in ATTACKS)
