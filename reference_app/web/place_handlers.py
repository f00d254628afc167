"""One location, and who is free next."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from reference_app.caching import rules
from reference_app.domain.places import LocationDetails, NextSlot
from reference_app.services.ports import NextSlotQuery, PlaceQuery
from reference_app.web import parsing
from reference_app.web.bodies import json_response, location_body
from reference_app.web.route import Route, query, query_id
from reference_app.web.schema import COUNT, DATE, ID, MOMENT, TEXT, array, nullable, record
from reference_app.web.shapes import LOCATION_FIELDS


class PlaceHandlers:
    """Endpoints about places and free time; the public may call them."""

    def __init__(self, places: PlaceQuery, next_slots: NextSlotQuery, today: date) -> None:
        self._places = places
        self._next_slots = next_slots
        self._today = today

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [
            Route(
                method="GET",
                path="/api/v2/locations/{id}",
                handler=self.location,
                summary="One location with its rules",
                cache=rules.fixed(rules.PUBLIC),
                answer=record(
                    **LOCATION_FIELDS,
                    address=TEXT,
                    phone=TEXT,
                    opens_at=TEXT,
                    closes_at=TEXT,
                    step_minutes=COUNT,
                    max_advance_days=COUNT,
                    closures=array(record(date=DATE, reason=TEXT)),
                ),
            ),
            Route(
                method="GET",
                path="/api/v2/availability/next",
                handler=self.next_slot,
                summary="The next free start within a week, of one barber or of anybody at a location",
                cache=rules.FREE_TIME,
                parameters=(
                    query_id("service_id", is_required=True),
                    query("from", DATE),
                    query_id("barber_id"),
                    query_id("location_id"),
                ),
                answer=record(
                    location_id=ID,
                    timezone=TEXT,
                    service_id=ID,
                    slot=nullable(record(barber_id=ID, name=TEXT, starts_at=MOMENT)),
                ),
                refusals=(404,),
            ),
        ]

    async def location(self, request: web.Request) -> web.Response:
        """Show a location."""
        details = await self._places.details(parsing.path_id(request), self._today)
        return json_response(_details_body(details))

    async def next_slot(self, request: web.Request) -> web.Response:
        """Show the next free start of one barber (`barber_id`) or at a location (`location_id`)."""
        barber_id = parsing.optional_query_id(request, "barber_id")
        service_id = parsing.query_id(request, "service_id")
        since = parsing.query_date(request, "from", self._today, default=self._today)
        if barber_id is not None:
            found = await self._next_slots.of_barber(barber_id, service_id, since, self._today)
        else:
            location_id = parsing.query_id(request, "location_id")
            found = await self._next_slots.of_location(location_id, service_id, since, self._today)
        return json_response(_next_slot_body(found))


def _details_body(details: LocationDetails) -> dict[str, Any]:
    return location_body(details.location) | {
        "address": details.address,
        "phone": details.phone,
        "opens_at": details.opens_at.isoformat(timespec="minutes"),
        "closes_at": details.closes_at.isoformat(timespec="minutes"),
        "step_minutes": details.rules.step_minutes,
        "max_advance_days": details.rules.max_advance_days,
        "closures": [{"date": day.day.isoformat(), "reason": day.reason} for day in details.closures],
    }


def _next_slot_body(found: NextSlot) -> dict[str, Any]:
    slot = None
    if found.barber is not None and found.starts_at is not None:
        slot = {
            "barber_id": found.barber.id,
            "name": found.barber.full_name,
            "starts_at": found.starts_at.astimezone(ZoneInfo(found.timezone)).isoformat(),
        }
    return {
        "location_id": found.location_id,
        "timezone": found.timezone,
        "service_id": found.service_id,
        "slot": slot,
    }
