"""How the business goes: for the owner, who gets what also for the staff."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from reference_app.caching import rules, scopes
from reference_app.domain.insights import (
    SIX_FIGURES_CENTS,
    BarberOutcomes,
    BarberShare,
    BarberUse,
    Retention,
    SoldService,
    basis_points,
)
from reference_app.domain.people import require_location, require_owner
from reference_app.middleware.caller import require_caller
from reference_app.services.ports import AnalyticsQuery, Period, RevenueQuery
from reference_app.web import parsing
from reference_app.web.bodies import json_response
from reference_app.web.route import Access, Parameter, Route, query, query_id
from reference_app.web.schema import (
    BASIS_POINTS,
    CENTS,
    COUNT,
    DATE,
    ID,
    TEXT,
    Schema,
    array,
    nullable,
    record,
    whole,
)

_PERIOD: tuple[Parameter, ...] = (
    query("days", whole(1, 366)),
    query("until", DATE),
    query_id("location_id"),
)
_DAYS_A_YEAR = 365


class AnalyticsHandlers:
    """Endpoints over a period of days; it ends yesterday unless told otherwise."""

    def __init__(self, analytics: AnalyticsQuery, revenue: RevenueQuery, today: date) -> None:
        self._analytics = analytics
        self._revenue = revenue
        self._today = today

    def routes(self) -> list[Route]:
        """List the endpoints."""
        barber = {"barber_id": ID, "name": TEXT}
        money = {
            "payment_count": COUNT,
            "amount_cents": CENTS,
            "platform_fee_cents": CENTS,
            "commission_cents": CENTS,
            "barber_cents": CENTS,
            "refunded_cents": CENTS,
        }
        outcomes = {
            "completed_count": COUNT,
            "no_show_count": COUNT,
            "cancelled_count": COUNT,
            "no_show_bps": BASIS_POINTS,
        }
        use = {"offered_minutes": COUNT, "booked_minutes": COUNT, "utilisation_bps": BASIS_POINTS}
        pace = {"revenue_cents": CENTS, "annual_pace_cents": CENTS, "goal_bps": BASIS_POINTS}
        return [
            _route(
                "/api/v2/analytics/retention",
                self.retention,
                "Clients who came back, against the period before",
                {
                    "previous_client_count": COUNT,
                    "returning_client_count": COUNT,
                    "new_client_count": COUNT,
                    "retention_bps": BASIS_POINTS,
                },
            ),
            _route(
                "/api/v2/analytics/utilisation",
                self.utilisation,
                "Booked against offered minutes",
                {**use, "barbers": array(record(**barber, **use))},
            ),
            _route(
                "/api/v2/analytics/top-services",
                self.top_services,
                "The services with the most revenue",
                {
                    "services": array(
                        record(
                            service_id=ID, location_id=ID, name=TEXT, visit_count=COUNT, revenue_cents=CENTS
                        )
                    )
                },
                more=(query("limit", whole(1, 100)),),
            ),
            _route(
                "/api/v2/analytics/no-shows",
                self.no_shows,
                "How appointments ended",
                {**outcomes, "barbers": array(record(**barber, **outcomes))},
            ),
            _route(
                "/api/v2/analytics/six-figures",
                self.six_figures,
                "Six figures at a glance, and each barber's pace towards a hundred thousand a year",
                {
                    "goal_cents": CENTS,
                    "revenue_cents": CENTS,
                    "payment_count": COUNT,
                    "average_ticket_cents": nullable(CENTS),
                    "retention_bps": BASIS_POINTS,
                    "utilisation_bps": BASIS_POINTS,
                    "no_show_bps": BASIS_POINTS,
                    "barbers": array(record(**barber, **pace)),
                },
            ),
            _route(
                "/api/v2/payments/commissions",
                self.commissions,
                "Who got what of the payments; the staff asks for its own location",
                {**money, "barbers": array(record(**barber, **money))},
                access="staff",
            ),
        ]

    async def retention(self, request: web.Request) -> web.Response:
        """Show who came back."""
        period = self._owners_period(request)
        found = await self._analytics.retention(period)
        return json_response(_period_body(period) | _retention_body(found))

    async def utilisation(self, request: web.Request) -> web.Response:
        """Show how much of the offered time was booked."""
        period = self._owners_period(request)
        return json_response(
            _period_body(period) | _utilisation_body(await self._analytics.utilisation(period))
        )

    async def top_services(self, request: web.Request) -> web.Response:
        """Show what sells."""
        period = self._owners_period(request)
        limit = parsing.query_count(request, "limit", default=10, maximum=100)
        found = await self._analytics.top_services(period, limit)
        return json_response(_period_body(period) | {"services": [_sold_body(service) for service in found]})

    async def no_shows(self, request: web.Request) -> web.Response:
        """Show how appointments ended."""
        period = self._owners_period(request)
        return json_response(_period_body(period) | _outcomes_body(await self._analytics.outcomes(period)))

    async def six_figures(self, request: web.Request) -> web.Response:
        """Show the figures that the owner looks at first."""
        period = self._owners_period(request)
        revenue = await self._revenue.revenue(period.since, period.until, period.location_id)
        retention = await self._analytics.retention(period)
        use = await self._analytics.utilisation(period)
        outcomes = await self._analytics.outcomes(period)
        days = (period.until - period.since).days + 1
        total = sum(day.revenue_cents for day in revenue.days)
        count = sum(day.payment_count for day in revenue.days)
        figures = {
            "goal_cents": SIX_FIGURES_CENTS,
            "revenue_cents": total,
            "payment_count": count,
            "average_ticket_cents": total // count if count else None,
            "retention_bps": _retention_body(retention)["retention_bps"],
            "utilisation_bps": _utilisation_body(use)["utilisation_bps"],
            "no_show_bps": _outcomes_body(outcomes)["no_show_bps"],
            "barbers": [
                {
                    "barber_id": entry.barber.id,
                    "name": entry.barber.full_name,
                    "revenue_cents": entry.revenue_cents,
                    "annual_pace_cents": entry.revenue_cents * _DAYS_A_YEAR // days,
                    "goal_bps": basis_points(entry.revenue_cents * _DAYS_A_YEAR, days * SIX_FIGURES_CENTS),
                }
                for entry in revenue.barbers
            ],
        }
        return json_response(_period_body(period) | figures)

    async def commissions(self, request: web.Request) -> web.Response:
        """Show who got what."""
        user = require_caller(request)
        period = self._period(request)
        if period.location_id is None:
            require_owner(user)
        else:
            require_location(user, period.location_id)
        return json_response(_period_body(period) | _shares_body(await self._analytics.shares(period)))

    def _owners_period(self, request: web.Request) -> Period:
        require_owner(require_caller(request))
        return self._period(request)

    def _period(self, request: web.Request) -> Period:
        days = parsing.query_count(request, "days", default=30, maximum=366)
        until = parsing.query_date(request, "until", self._today, default=self._today - timedelta(days=1))
        return Period(
            since=until - timedelta(days=days - 1),
            until=until,
            location_id=parsing.optional_query_id(request, "location_id"),
        )


def _route(
    path: str,
    handler: Any,
    summary: str,
    answer: dict[str, Schema],
    *,
    access: Access = "owner",
    more: tuple[Parameter, ...] = (),
) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        access=access,
        cache=rules.fixed(rules.ANALYTICS, scopes.APPOINTMENTS, scopes.PAYMENTS),
        parameters=(*_PERIOD, *more),
        answer=record(since=DATE, until=DATE, location_id=nullable(ID), **answer),
        refusals=(404,),
    )


def _period_body(period: Period) -> dict[str, Any]:
    return {
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "location_id": period.location_id,
    }


def _retention_body(found: Retention) -> dict[str, Any]:
    return {
        "previous_client_count": found.previous_client_count,
        "returning_client_count": found.returning_client_count,
        "new_client_count": found.new_client_count,
        "retention_bps": basis_points(found.returning_client_count, found.previous_client_count),
    }


def _utilisation_body(found: Sequence[BarberUse]) -> dict[str, Any]:
    offered = sum(use.offered_minutes for use in found)
    booked = sum(use.booked_minutes for use in found)
    return {
        "offered_minutes": offered,
        "booked_minutes": booked,
        "utilisation_bps": basis_points(booked, offered),
        "barbers": [
            {
                "barber_id": use.barber.id,
                "name": use.barber.full_name,
                "offered_minutes": use.offered_minutes,
                "booked_minutes": use.booked_minutes,
                "utilisation_bps": basis_points(use.booked_minutes, use.offered_minutes),
            }
            for use in found
        ],
    }


def _sold_body(service: SoldService) -> dict[str, Any]:
    return {
        "service_id": service.service_id,
        "location_id": service.location_id,
        "name": service.name,
        "visit_count": service.visit_count,
        "revenue_cents": service.revenue_cents,
    }


def _outcomes_body(found: Sequence[BarberOutcomes]) -> dict[str, Any]:
    completed = sum(outcomes.completed_count for outcomes in found)
    missed = sum(outcomes.no_show_count for outcomes in found)
    cancelled = sum(outcomes.cancelled_count for outcomes in found)
    barbers = [
        {"barber_id": outcomes.barber.id, "name": outcomes.barber.full_name}
        | _counts(outcomes.completed_count, outcomes.no_show_count, outcomes.cancelled_count)
        for outcomes in found
    ]
    return _counts(completed, missed, cancelled) | {"barbers": barbers}


def _counts(completed: int, missed: int, cancelled: int) -> dict[str, Any]:
    """Write how appointments ended; a cancelled one could not be missed."""
    return {
        "completed_count": completed,
        "no_show_count": missed,
        "cancelled_count": cancelled,
        "no_show_bps": basis_points(missed, completed + missed),
    }


def _shares_body(found: Sequence[BarberShare]) -> dict[str, Any]:
    names = (
        "payment_count",
        "amount_cents",
        "platform_fee_cents",
        "commission_cents",
        "barber_cents",
        "refunded_cents",
    )
    totals: dict[str, Any] = {name: sum(getattr(share, name) for share in found) for name in names}
    barbers = [
        {"barber_id": share.barber.id, "name": share.barber.full_name}
        | {name: getattr(share, name) for name in names}
        for share in found
    ]
    return totals | {"barbers": barbers}
