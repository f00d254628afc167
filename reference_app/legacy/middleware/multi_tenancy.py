"""Layer 7, multi-tenancy: builds the caller's whole organisation as objects, to find one location."""

import json
import logging
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.domain.people import User, require_location
from reference_app.legacy.middleware.request_context import CONTEXT
from reference_app.legacy.middleware.version_rules import OWN_LOCATION
from reference_app.middleware.claims import Claims
from reference_app.middleware.needs import Need
from reference_app.storage.connections import Connection, Row
from reference_app.storage.rows import USER_COLUMNS, user_from

_LOG = logging.getLogger(__name__)
_USER = f"SELECT {USER_COLUMNS} FROM users WHERE id = $1"  # noqa: S608 - a constant list of columns


@dataclass(frozen=True, slots=True)
class Branch:
    """A location with what belongs to it."""

    location: Row
    barbers: list[Row]
    services: list[Row]


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who calls, and the part of the business that is theirs."""

    user: User | None
    branches: dict[int, Branch]


class MultiTenancy:
    """Knows the tenant of every request, whether or not anybody asks."""

    name = "multi_tenancy"
    meets: frozenset[Need] = frozenset({"tenancy"})

    def __init__(self, parts: LayerParts) -> None:
        self._connections = parts.connections

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Build the tenant, write a log line, refuse other locations where a rule says so."""
        context = request[CONTEXT]
        tenant = await self._tenant(context.claims)
        _LOG.info(json.dumps({"trace": context.trace_id, "branches": sorted(tenant.branches)}))
        context.notes["tenant"] = tenant
        rule = OWN_LOCATION.match(request.path)
        if rule is not None and tenant.user is not None and request.match_info.http_exception is None:
            require_location(tenant.user, int(rule[1]))
        return await handler(request)

    async def _tenant(self, claims: Claims | None) -> Tenant:
        async with self._connections.use() as connection:
            row = None if claims is None else await connection.fetchrow(_USER, claims.user_id)
            user = None if row is None else user_from(row)
            locations = await connection.fetch("SELECT * FROM locations ORDER BY id")
            # Strangers and clients see the first branch; staff their own.
            own = user.location_id if user and user.location_id else locations[0]["id"]
            branches = [await _branch(connection, row) for row in locations if row["id"] == own]
        return Tenant(user, {branch.location["id"]: branch for branch in branches})


async def _branch(connection: Connection, location: Row) -> Branch:
    barbers = await connection.fetch("SELECT * FROM barbers WHERE location_id = $1", location["id"])
    services = await connection.fetch("SELECT * FROM services WHERE location_id = $1", location["id"])
    return Branch(location, barbers, services)
