"""The endpoints of version 2: read the request, ask a service, write the answer."""

from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web

from reference_app.domain.answers import Appointment
from reference_app.domain.errors import ForbiddenError
from reference_app.domain.people import require_client, require_location, require_owner
from reference_app.middleware.caller import require_caller
from reference_app.services.accounts import AccountService
from reference_app.services.booking import BookingRequest, BookingService
from reference_app.services.ports import (
    AvailabilityQuery,
    DirectoryQuery,
    HistoryQuery,
    LocationDayQuery,
    RevenueQuery,
)
from reference_app.web import bodies, parsing
from reference_app.web.bodies import json_response


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the handlers ask."""

    today: date
    accounts: AccountService
    booking: BookingService
    directory: DirectoryQuery
    availability: AvailabilityQuery
    histories: HistoryQuery
    location_days: LocationDayQuery
    revenue: RevenueQuery


class Handlers:
    """One method for each endpoint."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._today = services.today

    async def log_in(self, request: web.Request) -> web.Response:
        """Exchange address and password for a session token."""
        body = await parsing.read_json(request)
        session = await self._services.accounts.log_in(
            parsing.body_text(body, "email", 254),
            parsing.body_text(body, "password", 200),
            parsing.user_agent(request),
        )
        return json_response(bodies.session_body(session))

    async def locations(self, _: web.Request) -> web.Response:
        """Show the public directory."""
        return json_response(bodies.directory_body(await self._services.directory.directory(), self._today))

    async def slots(self, request: web.Request) -> web.Response:
        """Show free starts of one barber (`barber_id`) or of all barbers of a location (`location_id`)."""
        barber_id = parsing.optional_query_id(request, "barber_id")
        service_id = parsing.query_id(request, "service_id")
        day = parsing.query_date(request, "date", self._today)
        availability = self._services.availability
        if barber_id is not None:
            slots = await availability.barber_slots(barber_id, service_id, day, self._today)
        else:
            location_id = parsing.query_id(request, "location_id")
            slots = await availability.location_slots(location_id, service_id, day, self._today)
        return json_response(bodies.slots_body(slots))

    async def book(self, request: web.Request) -> web.Response:
        """Book an appointment."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        wanted = BookingRequest(
            barber_id=parsing.body_id(body, "barber_id"),
            service_id=parsing.body_id(body, "service_id"),
            starts_at=parsing.body_instant(body, "starts_at", self._today),
            client_id=parsing.optional_body_id(body, "client_id"),
            notes=parsing.body_text(body, "notes", 500, default=""),
        )
        key = parsing.idempotency_key(request)
        return json_response(await self._services.booking.book(user, wanted, key, _render), 201)

    async def reschedule(self, request: web.Request) -> web.Response:
        """Move an appointment."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        starts_at = parsing.body_instant(body, "starts_at", self._today)
        appointment = await self._services.booking.reschedule(user, parsing.path_id(request), starts_at)
        return json_response(bodies.appointment_body(appointment))

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel an appointment."""
        user = require_caller(request)
        appointment = await self._services.booking.cancel(user, parsing.path_id(request))
        return json_response(bodies.appointment_body(appointment))

    async def history(self, request: web.Request) -> web.Response:
        """Show a client's visits, newest first."""
        user = require_caller(request)
        client_id = parsing.path_id(request)
        if user.role == "client" and user.client_id != client_id:
            raise ForbiddenError("other_client", "A client may only see their own data.")
        limit = parsing.query_count(request, "limit", default=50, maximum=200)
        owned = await self._services.histories.history(client_id, limit)
        require_client(user, client_id, owned.home_location_id)
        return json_response(bodies.history_body(owned.history))

    async def location_day(self, request: web.Request) -> web.Response:
        """Show what happens at a location on a day."""
        user = require_caller(request)
        location_id = parsing.path_id(request)
        require_location(user, location_id)
        day = parsing.query_date(request, "date", self._today)
        return json_response(
            bodies.location_day_body(await self._services.location_days.location_day(location_id, day))
        )

    async def revenue(self, request: web.Request) -> web.Response:
        """Show what was earned in the days up to and including `until`, yesterday unless told."""
        require_owner(require_caller(request))
        days = parsing.query_count(request, "days", default=30, maximum=366)
        until = parsing.query_date(request, "until", self._today, default=self._today - timedelta(days=1))
        location_id = parsing.optional_query_id(request, "location_id")
        since = until - timedelta(days=days - 1)
        revenue = await self._services.revenue.revenue(since, until, location_id)
        return json_response(bodies.revenue_body(revenue, since, until, location_id))


def _render(appointment: Appointment) -> str:
    return bodies.to_json(bodies.appointment_body(appointment))
