"""Clients: who they are and what they have brought in."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from reference_app.caching import rules, scopes
from reference_app.domain.clients import Client, LifetimeValue
from reference_app.domain.errors import ForbiddenError, InvalidError
from reference_app.domain.people import User, folded, require_location
from reference_app.middleware.caller import require_caller
from reference_app.services.ports import ClientQuery
from reference_app.web import parsing
from reference_app.web.bodies import json_response
from reference_app.web.route import Route, query
from reference_app.web.schema import CENTS, COUNT, ID, MOMENT, TEXT, array, nullable, record, text, whole

_SHORTEST_NAME = 2
"""Letters that a search for a name must give: one would answer half of everybody."""


class ClientHandlers:
    """Endpoints for the staff, who see the clients of their own location, and for the owner."""

    def __init__(self, clients: ClientQuery) -> None:
        self._clients = clients

    def routes(self) -> list[Route]:
        """List the endpoints."""
        client = record(id=ID, home_location_id=ID, name=TEXT, email=TEXT, phone=TEXT, customer_type=TEXT)
        return [
            Route(
                method="GET",
                path="/api/v2/clients",
                handler=self.search,
                summary="Search clients by the beginning of their name, or by e-mail address",
                cache=rules.fixed(rules.PROFILE),
                access="staff",
                parameters=(
                    query("name", text(100, _SHORTEST_NAME)),
                    query("email", text(254)),
                    query("limit", whole(1, 100)),
                ),
                answer=record(clients=array(client)),
            ),
            Route(
                method="GET",
                path="/api/v2/clients/{id}/lifetime-value",
                handler=self.lifetime_value,
                summary="What a client has brought in so far",
                cache=rules.by_path_id(rules.PROFILE, scopes.client),
                access="staff",
                answer=record(
                    client_id=ID,
                    client_name=TEXT,
                    visit_count=COUNT,
                    first_visit_at=nullable(MOMENT),
                    last_visit_at=nullable(MOMENT),
                    paid_cents=CENTS,
                    refunded_cents=CENTS,
                    lifetime_value_cents=CENTS,
                    average_visit_cents=nullable(CENTS),
                ),
            ),
        ]

    async def search(self, request: web.Request) -> web.Response:
        """Find clients by exactly one of `name` and `email`."""
        location_id = _searched_location(require_caller(request))
        name = parsing.optional_query_text(request, "name", 100)
        email = parsing.optional_query_text(request, "email", 254)
        limit = parsing.query_count(request, "limit", default=20, maximum=100)
        if (name is None) == (email is None):
            raise InvalidError("invalid_value", "Search by name or by email, one of the two.")
        if email is not None:
            found = (await self._clients.by_email(email, location_id))[:limit]
        else:
            found = await self._clients.by_name(_prefix(name or ""), location_id, limit)
        return json_response({"clients": [_client_body(client) for client in found]})

    async def lifetime_value(self, request: web.Request) -> web.Response:
        """Show what a client has brought in."""
        user = require_caller(request)
        if user.role == "client":
            raise ForbiddenError("staff_only", "Only the staff may see this.")
        value = await self._clients.lifetime_value(parsing.path_id(request))
        require_location(user, value.home_location_id)
        return json_response(_lifetime_value_body(value))


def _searched_location(user: User) -> int | None:
    """Name the location whose clients the caller may see; None for all."""
    if user.role == "client":
        raise ForbiddenError("staff_only", "Only the staff may search clients.")
    return user.location_id if user.role == "staff" else None


def _prefix(name: str) -> str:
    prefix = folded(name)
    if len(prefix) < _SHORTEST_NAME:
        raise InvalidError("invalid_value", f"name must have at least {_SHORTEST_NAME} letters.")
    return prefix


def _client_body(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "home_location_id": client.home_location_id,
        "name": client.full_name,
        "email": client.email,
        "phone": client.phone,
        "customer_type": client.customer_type,
    }


def _lifetime_value_body(value: LifetimeValue) -> dict[str, Any]:
    return {
        "client_id": value.client_id,
        "client_name": value.client_name,
        "visit_count": value.visit_count,
        "first_visit_at": _utc(value.first_visit_at),
        "last_visit_at": _utc(value.last_visit_at),
        "paid_cents": value.paid_cents,
        "refunded_cents": value.refunded_cents,
        "lifetime_value_cents": value.value_cents,
        "average_visit_cents": value.average_visit_cents,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
