"""Every route, in one list: what is served, and what the OpenAPI document tells."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from reference_app.caching import rules, scopes
from reference_app.monitoring.snapshots import PARTS
from reference_app.web.bodies import json_response, to_json
from reference_app.web.handlers import Handlers
from reference_app.web.health import Health
from reference_app.web.monitoring import Monitoring
from reference_app.web.openapi import document
from reference_app.web.route import IDEMPOTENCY_KEY, Route, query, query_id
from reference_app.web.schema import (
    CENTS,
    COUNT,
    DATE,
    ID,
    MOMENT,
    TEXT,
    Schema,
    array,
    fields,
    nullable,
    one_of,
    record,
    text,
    whole,
)
from reference_app.web.shapes import APPOINTMENT, APPOINTMENT_FIELDS, LOCATION_FIELDS, SESSION


def routes(
    handlers: Handlers, health: Health, monitoring: Monitoring, others: Iterable[Route] = ()
) -> list[Route]:
    """List what the application answers, its own description included."""
    listed = [
        *_probes(health, monitoring),
        *_accounts(handlers),
        *_places(handlers),
        *_appointments(handlers),
        *_insights(handlers),
        *others,
    ]
    return [*listed, _description(listed)]


def _description(listed: Sequence[Route]) -> Route:
    async def openapi(_: web.Request) -> web.Response:
        return json_response(described)

    route = Route(
        method="GET",
        path="/api/v2/openapi.json",
        handler=openapi,
        summary="This document",
        answer={"type": "object"},
        cache=rules.fixed(rules.PUBLIC),
    )
    described = to_json(document([*listed, route]))
    return route


def _probes(health: Health, monitoring: Monitoring) -> list[Route]:
    duration = nullable({"type": "number"})
    percentiles = {"p50": duration, "p95": duration, "p99": duration}
    layer = record(name=TEXT, calls=COUNT, self_ms=record(sum={"type": "number"}, **percentiles))
    return [
        Route(
            method="GET",
            path="/health/live",
            handler=health.live,
            summary="Does the process serve",
            answer=record(status=TEXT),
        ),
        Route(
            method="GET",
            path="/health/ready",
            handler=health.ready,
            summary="Does the database answer, and does Redis",
            answer=record(status=TEXT, database=TEXT, redis=one_of("not configured", "up", "away")),
            refusals=(503,),
        ),
        Route(
            method="GET",
            path="/metrics",
            handler=monitoring.metrics,
            summary="All that is counted, for Prometheus",
            answer=TEXT,
            media="text/plain",
        ),
        Route(
            method="GET",
            path="/api/v2/monitoring/performance",
            handler=monitoring.performance,
            summary="Response times, statements, errors and the state of what keeps the backend standing",
            answer=_performance(record(**percentiles)),
        ),
        Route(
            method="GET",
            path="/api/v2/monitoring/middleware",
            handler=monitoring.middleware,
            summary="Middleware layers, outermost first",
            answer=record(layers=array(layer)),
        ),
        Route(
            method="GET",
            path="/api/v2/monitoring/services",
            handler=monitoring.services,
            summary="Live services, counted from their registry",
            answer=record(
                total_services=COUNT,
                families={"type": "object", "additionalProperties": COUNT},
                start_ms={"type": "number"},
                services=array(
                    record(
                        name=TEXT,
                        family=TEXT,
                        lifecycle=TEXT,
                        is_healthy={"type": "boolean"},
                        started_at=nullable(MOMENT),
                        call_count=nullable(COUNT),
                        error_count=COUNT,
                        busy_ms={"type": "number"},
                    )
                ),
            ),
        ),
        Route(
            method="GET",
            path="/api/v2/monitoring/v1-usage",
            handler=monitoring.v1_usage,
            summary="Who still calls version one, most calls first; counted by this process since its start",
            access="owner",
            answer=record(
                is_counted={"type": "boolean"},
                deprecated_since=MOMENT,
                sunset_at=MOMENT,
                call_count=COUNT,
                other_call_count=COUNT,
                calls=array(
                    record(
                        account_id=nullable(ID),
                        address=TEXT,
                        user_agent=TEXT,
                        route=TEXT,
                        call_count=COUNT,
                        last_called_at=MOMENT,
                    )
                ),
            ),
        ),
    ]


def _performance(percentiles: Schema) -> Schema:
    number: Schema = {"type": "number"}
    endpoint = record(
        method=TEXT,
        path=TEXT,
        request_count=COUNT,
        error_count=COUNT,
        kept_count=COUNT,
        response_ms=percentiles,
        statements_per_request=number,
        database_ms_per_request=number,
    )
    part = nullable({"type": "object", "description": "Null in a variant without it."})
    return record(
        uptime_s=number,
        request_count=COUNT,
        response_ms=percentiles,
        endpoints=array(endpoint),
        queries=record(statement_count=COUNT, statements_per_request=number, database_ms=percentiles),
        errors=record(
            error_count=COUNT,
            error_share=number,
            by_status={"type": "object", "additionalProperties": COUNT},
        ),
        scalability=record(**dict.fromkeys(PARTS, part)),
    )


def _accounts(handlers: Handlers) -> list[Route]:
    return [
        Route(
            method="POST",
            path="/api/v2/auth/login",
            handler=handlers.log_in,
            summary="Exchange address and password for a session token",
            answer=SESSION,
            body=fields({"email": text(254), "password": text(200)}),
        ),
    ]


def _places(handlers: Handlers) -> list[Route]:
    location = record(**LOCATION_FIELDS)
    barber_slots = record(barber_id=ID, name=TEXT, slots=array(MOMENT))
    entry = record(**APPOINTMENT_FIELDS, client=TEXT, client_phone=TEXT, barber=TEXT, service=TEXT)
    return [
        Route(
            method="GET",
            path="/api/v2/locations",
            handler=handlers.locations,
            summary="The public directory",
            cache=rules.fixed(rules.PUBLIC),
            answer=record(anchor_date=DATE, client_count=COUNT, locations=array(location)),
        ),
        Route(
            method="GET",
            path="/api/v2/locations/{id}/day",
            handler=handlers.location_day,
            summary="What happens at a location on a day",
            cache=rules.by_path_id(rules.SCHEDULE, scopes.location),
            is_of_location=True,
            access="staff",
            parameters=(query("date", DATE, is_required=True),),
            answer=record(location_id=ID, date=DATE, timezone=TEXT, appointments=array(entry)),
        ),
        Route(
            method="GET",
            path="/api/v2/availability/slots",
            handler=handlers.slots,
            summary="Free starts of one barber or of all barbers of a location",
            cache=rules.FREE_TIME,
            parameters=(
                query_id("service_id", is_required=True),
                query("date", DATE, is_required=True),
                query_id("barber_id"),
                query_id("location_id"),
            ),
            answer=record(
                date=DATE,
                location_id=ID,
                timezone=TEXT,
                service_id=ID,
                duration_minutes=COUNT,
                barbers=array(barber_slots),
            ),
            refusals=(404,),
        ),
    ]


def _appointments(handlers: Handlers) -> list[Route]:
    return [
        Route(
            method="POST",
            path="/api/v2/appointments",
            handler=handlers.book,
            summary="Book an appointment",
            access="signed in",
            parameters=(IDEMPOTENCY_KEY,),
            body=fields(
                {"barber_id": ID, "service_id": ID, "starts_at": MOMENT},
                {"client_id": nullable(ID), "notes": text(500)},
            ),
            status=201,
            answer=APPOINTMENT,
            refusals=(404, 409),
        ),
        Route(
            method="POST",
            path="/api/v2/appointments/{id}/reschedule",
            handler=handlers.reschedule,
            summary="Move an appointment",
            access="signed in",
            body=fields({"starts_at": MOMENT}),
            answer=APPOINTMENT,
            refusals=(409,),
        ),
        Route(
            method="POST",
            path="/api/v2/appointments/{id}/cancel",
            handler=handlers.cancel,
            summary="Cancel an appointment",
            access="signed in",
            answer=APPOINTMENT,
            refusals=(409,),
        ),
    ]


def _insights(handlers: Handlers) -> list[Route]:
    visit = record(**APPOINTMENT_FIELDS, location=TEXT, barber=TEXT, service=TEXT)
    return [
        Route(
            method="GET",
            path="/api/v2/clients/{id}/history",
            handler=handlers.history,
            summary="A client's visits, newest first",
            cache=rules.by_path_id(rules.PROFILE, scopes.client),
            access="signed in",
            parameters=(query("limit", whole(1, 200)),),
            answer=record(
                client_id=ID,
                client_name=TEXT,
                appointment_count=COUNT,
                total_spent_cents=CENTS,
                appointments=array(visit),
            ),
        ),
        Route(
            method="GET",
            path="/api/v2/analytics/revenue",
            handler=handlers.revenue,
            summary="What was earned in the days up to and including `until`",
            cache=rules.fixed(rules.ANALYTICS, scopes.PAYMENTS),
            access="owner",
            parameters=(query("days", whole(1, 366)), query("until", DATE), query_id("location_id")),
            answer=record(
                since=DATE,
                until=DATE,
                location_id=nullable(ID),
                revenue_cents=CENTS,
                payment_count=COUNT,
                days=array(record(date=DATE, revenue_cents=CENTS, payment_count=COUNT)),
                barbers=array(record(barber_id=ID, name=TEXT, revenue_cents=CENTS, payment_count=COUNT)),
            ),
            refusals=(404,),
        ),
    ]
