"""The answers as JSON. Moments are ISO 8601 in the location's time zone, money is in cents."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from reference_app.domain.answers import (
    Appointment,
    BarberRevenue,
    BarberSlots,
    DayEntry,
    DaySlots,
    Directory,
    History,
    Location,
    LocationDay,
    Revenue,
    Visit,
)
from reference_app.domain.scheduling import ServiceTerms
from reference_app.services.accounts import Session
from reference_app.web.json_codec import JsonCodec


def to_json(body: dict[str, Any]) -> str:
    """Write JSON in its shortest spelling."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)


class JsonResponse(web.Response):
    """A handler's answer; the application's codec writes its body before any layer sees it."""

    def __init__(self, document: dict[str, Any], status: int) -> None:
        super().__init__(status=status, content_type="application/json")
        self._document = document

    def write_body(self, codec: JsonCodec) -> None:
        """Write the body."""
        self.body = codec.encode(self._document)


def json_response(body: dict[str, Any] | str, status: int = 200) -> web.Response:
    """Answer a handler's body, or one that is JSON text already."""
    if isinstance(body, str):
        return web.Response(body=body.encode(), status=status, content_type="application/json")
    return JsonResponse(body, status)


def written_response(body: dict[str, Any], status: int = 200) -> web.Response:
    """Answer a body without a handler: from a layer, or for an error."""
    return json_response(to_json(body), status)


def session_body(session: Session) -> dict[str, Any]:
    """Write a log-in."""
    user = session.user
    return {
        "token": session.token,
        "expires_at": session.expires_at.astimezone(UTC).isoformat(),
        "user": {
            "id": user.id,
            "role": user.role,
            "name": user.full_name,
            "client_id": user.client_id,
            "location_id": user.location_id,
        },
    }


def directory_body(directory: Directory, today: date) -> dict[str, Any]:
    """Write the public directory and the day that the application takes for today."""
    return {
        "anchor_date": today.isoformat(),
        "client_count": directory.client_count,
        "locations": [location_body(location) for location in directory.locations],
    }


def slots_body(slots: DaySlots) -> dict[str, Any]:
    """Write free starts."""
    return {
        "date": slots.day.isoformat(),
        "location_id": slots.location_id,
        "timezone": slots.timezone,
        "service_id": slots.service.id,
        "duration_minutes": slots.service.duration_minutes,
        "barbers": [_barber_slots(barber, ZoneInfo(slots.timezone)) for barber in slots.barbers],
    }


def appointment_body(appointment: Appointment) -> dict[str, Any]:
    """Write an appointment."""
    zone = ZoneInfo(appointment.timezone)
    return {
        "id": appointment.id,
        "location_id": appointment.location_id,
        "barber_id": appointment.barber_id,
        "client_id": appointment.client_id,
        "service_id": appointment.service_id,
        "starts_at": _local(appointment.starts_at, zone),
        "ends_at": _local(appointment.ends_at, zone),
        "timezone": appointment.timezone,
        "price_cents": appointment.price_cents,
        "status": appointment.status,
        "version": appointment.version,
    }


def history_body(history: History) -> dict[str, Any]:
    """Write a client's history."""
    return {
        "client_id": history.client_id,
        "client_name": history.client_name,
        "appointment_count": history.appointment_count,
        "total_spent_cents": history.total_spent_cents,
        "appointments": [_visit(visit) for visit in history.visits],
    }


def location_day_body(day: LocationDay) -> dict[str, Any]:
    """Write a location's day."""
    return {
        "location_id": day.location_id,
        "date": day.day.isoformat(),
        "timezone": day.timezone,
        "appointments": [_day_entry(entry) for entry in day.entries],
    }


def revenue_body(revenue: Revenue, since: date, until: date, location_id: int | None) -> dict[str, Any]:
    """Write revenue by day and by barber."""
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "location_id": location_id,
        "revenue_cents": sum(day.revenue_cents for day in revenue.days),
        "payment_count": sum(day.payment_count for day in revenue.days),
        "days": [
            {"date": d.day.isoformat(), "revenue_cents": d.revenue_cents, "payment_count": d.payment_count}
            for d in revenue.days
        ],
        "barbers": [_barber_revenue(barber) for barber in revenue.barbers],
    }


def error_body(code: str, message: str) -> dict[str, Any]:
    """Write what went wrong."""
    return {"error": {"code": code, "message": message}}


def location_body(location: Location) -> dict[str, Any]:
    """Write a location with its barbers and services."""
    return {
        "id": location.id,
        "code": location.code,
        "name": location.name,
        "timezone": location.timezone,
        "barbers": [{"id": barber.id, "name": barber.full_name} for barber in location.barbers],
        "services": [_service(service) for service in location.services],
    }


def _service(service: ServiceTerms) -> dict[str, Any]:
    return {
        "id": service.id,
        "name": service.name,
        "duration_minutes": service.duration_minutes,
        "price_cents": service.price_cents,
    }


def _barber_slots(slots: BarberSlots, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "barber_id": slots.barber.id,
        "name": slots.barber.full_name,
        "slots": [_local(start, zone) for start in slots.starts],
    }


def _visit(visit: Visit) -> dict[str, Any]:
    body = appointment_body(visit.appointment)
    body["location"] = visit.location_name
    body["barber"] = visit.barber_name
    body["service"] = visit.service_name
    return body


def _day_entry(entry: DayEntry) -> dict[str, Any]:
    body = appointment_body(entry.appointment)
    body["client"] = entry.client_name
    body["client_phone"] = entry.client_phone
    body["barber"] = entry.barber_name
    body["service"] = entry.service_name
    return body


def _barber_revenue(entry: BarberRevenue) -> dict[str, Any]:
    return {
        "barber_id": entry.barber.id,
        "name": entry.barber.full_name,
        "revenue_cents": entry.revenue_cents,
        "payment_count": entry.payment_count,
    }


def _local(moment: datetime, zone: ZoneInfo) -> datetime | str:
    """Tell a moment in local time: codecs write it as `isoformat` does, msgspec in a third of the time."""
    local = moment.astimezone(zone)
    # Only an offset of zero is spelt differently, as Z.
    return local if local.utcoffset() else local.isoformat()
