"""How visits end, series of them, and the waiting list."""

from datetime import date
from typing import Any

from aiohttp import web

from reference_app.domain.care import BookedSeries, WaitlistEntry
from reference_app.middleware.caller import require_caller
from reference_app.services.booking import BookingRequest
from reference_app.services.care import WaitlistService
from reference_app.services.visits import Outcome, SeriesRequest, VisitService
from reference_app.web import parsing
from reference_app.web.bodies import appointment_body, json_response, to_json
from reference_app.web.route import IDEMPOTENCY_KEY, Route, query, query_id
from reference_app.web.schema import DATE, ID, MOMENT, TEXT, array, fields, nullable, record, text, whole
from reference_app.web.shapes import APPOINTMENT

_MOST_WEEKS = 12
_MOST_DATES = 8


class VisitHandlers:
    """Endpoints about appointments after, and apart from, a single booking."""

    def __init__(self, visits: VisitService, waitlist: WaitlistService, today: date) -> None:
        self._visits = visits
        self._waitlist = waitlist
        self._today = today

    def routes(self) -> list[Route]:
        """List the endpoints."""
        booking = {"barber_id": ID, "service_id": ID, "starts_at": MOMENT}
        series = {"interval_weeks": whole(1, _MOST_WEEKS), "count": whole(2, _MOST_DATES)}
        entry = record(
            id=ID,
            client_id=ID,
            client=TEXT,
            barber_id=ID,
            barber=TEXT,
            service_id=ID,
            service=TEXT,
            date=DATE,
        )
        return [
            Route(
                method="POST",
                path="/api/v2/appointments/{id}/complete",
                handler=self.complete,
                summary="Note that the client came",
                access="staff",
                answer=APPOINTMENT,
                refusals=(409,),
            ),
            Route(
                method="POST",
                path="/api/v2/appointments/{id}/no-show",
                handler=self.no_show,
                summary="Note that the client did not come",
                access="staff",
                answer=APPOINTMENT,
                refusals=(409,),
            ),
            Route(
                method="POST",
                path="/api/v2/appointments/recurring",
                handler=self.book_series,
                summary="Book what is free of a series, at the same time of day each time",
                access="signed in",
                parameters=(IDEMPOTENCY_KEY,),
                body=fields(booking | series, {"client_id": nullable(ID), "notes": text(500)}),
                status=201,
                answer=record(
                    series_id=ID,
                    appointments=array(APPOINTMENT),
                    skipped=array(record(starts_at=MOMENT, code=TEXT)),
                ),
                refusals=(404, 409),
            ),
            Route(
                method="POST",
                path="/api/v2/waitlist",
                handler=self.wait,
                summary="Wait for a time with a barber on a day",
                access="signed in",
                body=fields({"barber_id": ID, "service_id": ID, "date": DATE}, {"client_id": nullable(ID)}),
                status=201,
                answer=record(id=ID, client_id=ID, barber_id=ID, service_id=ID, date=DATE),
                refusals=(404, 409),
            ),
            Route(
                method="GET",
                path="/api/v2/waitlist",
                handler=self.waiting,
                summary="Who waits at a location on a day",
                access="staff",
                parameters=(
                    query_id("location_id", is_required=True),
                    query("date", DATE, is_required=True),
                ),
                answer=record(location_id=ID, date=DATE, entries=array(entry)),
            ),
        ]

    async def complete(self, request: web.Request) -> web.Response:
        """Note that the client came."""
        return await self._finish(request, "completed")

    async def no_show(self, request: web.Request) -> web.Response:
        """Note that the client did not come."""
        return await self._finish(request, "no_show")

    async def book_series(self, request: web.Request) -> web.Response:
        """Book a series."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        first = BookingRequest(
            barber_id=parsing.body_id(body, "barber_id"),
            service_id=parsing.body_id(body, "service_id"),
            starts_at=parsing.body_instant(body, "starts_at", self._today),
            client_id=parsing.optional_body_id(body, "client_id"),
            notes=parsing.body_text(body, "notes", 500, default=""),
        )
        wanted = SeriesRequest(
            first=first,
            interval_weeks=parsing.body_count(body, "interval_weeks", 1, _MOST_WEEKS),
            count=parsing.body_count(body, "count", 2, _MOST_DATES),
        )
        key = parsing.idempotency_key(request)
        return json_response(await self._visits.book_series(user, wanted, key, _render_series), 201)

    async def wait(self, request: web.Request) -> web.Response:
        """Join the waiting list."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        barber_id = parsing.body_id(body, "barber_id")
        service_id = parsing.body_id(body, "service_id")
        day = parsing.body_date(body, "date", self._today)
        wanted_for = parsing.optional_body_id(body, "client_id")
        entry_id, client_id = await self._waitlist.join(user, barber_id, service_id, day, wanted_for)
        return json_response(
            {
                "id": entry_id,
                "client_id": client_id,
                "barber_id": barber_id,
                "service_id": service_id,
                "date": day.isoformat(),
            },
            201,
        )

    async def waiting(self, request: web.Request) -> web.Response:
        """Show who waits."""
        user = require_caller(request)
        location_id = parsing.query_id(request, "location_id")
        day = parsing.query_date(request, "date", self._today)
        entries = await self._waitlist.entries(user, location_id, day)
        return json_response(
            {
                "location_id": location_id,
                "date": day.isoformat(),
                "entries": [_entry_body(entry) for entry in entries],
            }
        )

    async def _finish(self, request: web.Request, outcome: Outcome) -> web.Response:
        user = require_caller(request)
        appointment = await self._visits.finish(user, parsing.path_id(request), outcome)
        return json_response(appointment_body(appointment))


def _render_series(series: BookedSeries) -> str:
    return to_json(
        {
            "series_id": series.id,
            "appointments": [appointment_body(appointment) for appointment in series.appointments],
            "skipped": [{"starts_at": skipped.starts_at, "code": skipped.code} for skipped in series.skipped],
        }
    )


def _entry_body(entry: WaitlistEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "client_id": entry.client_id,
        "client": entry.client_name,
        "barber_id": entry.barber_id,
        "barber": entry.barber_name,
        "service_id": entry.service_id,
        "service": entry.service_name,
        "date": entry.day.isoformat(),
    }
