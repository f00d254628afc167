"""Run the business: the front desk's day and the owner's revenue."""

from datetime import timedelta
from typing import Any

from scenarios.journeys.visitor import Visitor

_REVENUE_DAYS = 30


def front_desk(visitor: Visitor) -> None:
    """Look at a location's day, mostly today or tomorrow, and sometimes at the day after it."""
    index = visitor.rng.randrange(len(visitor.shop.locations))
    days_ahead = visitor.rng.choice((0, 0, 0, 1, 1, 2, 7))
    _location_day(visitor, index, days_ahead)
    if visitor.rng.random() < 0.3:
        visitor.pause()
        _location_day(visitor, index, days_ahead + 1)


def owner_revenue(visitor: Visitor) -> None:
    """Look at the revenue of the last thirty days."""
    until = (visitor.shop.today - timedelta(days=visitor.rng.choice((1, 1, 1, 7, 30)))).isoformat()

    def is_right(answer: Any) -> bool:
        days = answer["days"]
        return (
            answer["until"] == until
            and len(days) <= _REVENUE_DAYS
            and sum(day["revenue_cents"] for day in days) == answer["revenue_cents"]
        )

    visitor.ask(
        "GET",
        f"/api/v2/analytics/revenue?days={_REVENUE_DAYS}&until={until}",
        name="/api/v2/analytics/revenue",
        account=visitor.shop.owner,
        is_right=is_right,
    )


def _location_day(visitor: Visitor, index: int, days_ahead: int) -> None:
    location = visitor.shop.locations[index]
    day = (visitor.shop.today + timedelta(days=days_ahead)).isoformat()

    def is_right(answer: Any) -> bool:
        appointments = answer["appointments"]
        return (
            answer["date"] == day
            and answer["location_id"] == location.id
            and all(appointment["starts_at"].startswith(day) for appointment in appointments)
        )

    visitor.ask(
        "GET",
        f"/api/v2/locations/{location.id}/day?date={day}",
        name="/api/v2/locations/[id]/day",
        account=visitor.shop.staff[index],
        is_right=is_right,
    )
