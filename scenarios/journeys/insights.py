"""Look at how the business goes."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from scenarios.journeys.visitor import Visitor

_DAYS = (7, 14, 30)
_SHARES = ("retention_bps", "utilisation_bps", "no_show_bps")
_DASHBOARD = "/api/v2/analytics/six-figures"


def look_at_six_figures(visitor: Visitor) -> None:
    """Open the dashboard, sometimes of one location only."""
    _ask(visitor, _DASHBOARD, _adds_up)


def look_far_back(visitor: Visitor) -> None:
    """Open the dashboard for most of a year, hardly ever for the same days: no kept answer helps."""
    until = (visitor.shop.today - timedelta(days=visitor.rng.randint(1, 90))).isoformat()
    visitor.ask(
        "GET",
        f"{_DASHBOARD}?{urlencode({'days': visitor.rng.randint(200, 366), 'until': until})}",
        name=f"{_DASHBOARD} (most of a year)",
        account=visitor.shop.owner,
        is_right=lambda answer: answer["until"] == until and _adds_up(answer),
    )


def look_into_one(visitor: Visitor) -> None:
    """Look at one question more closely."""
    name, is_right = visitor.rng.choice(_QUESTIONS)
    _ask(visitor, name, is_right)


def look_at_commissions(visitor: Visitor) -> None:
    """Look at who got what of the payments; the parts must add up."""
    _ask(
        visitor,
        "/api/v2/payments/commissions",
        lambda answer: (
            answer["amount_cents"]
            == answer["platform_fee_cents"] + answer["commission_cents"] + answer["barber_cents"]
        ),
    )


_QUESTIONS = (
    (
        "/api/v2/analytics/retention",
        lambda answer: answer["returning_client_count"] <= answer["previous_client_count"],
    ),
    (
        "/api/v2/analytics/utilisation",
        lambda answer: (
            answer["booked_minutes"] == sum(barber["booked_minutes"] for barber in answer["barbers"])
        ),
    ),
    ("/api/v2/analytics/top-services", lambda answer: len(answer["services"]) <= 10),
    (
        "/api/v2/analytics/no-shows",
        lambda answer: (
            answer["no_show_count"] == sum(barber["no_show_count"] for barber in answer["barbers"])
        ),
    ),
)


def _adds_up(answer: Any) -> bool:
    earned = sum(barber["revenue_cents"] for barber in answer["barbers"])
    return bool(
        earned == answer["revenue_cents"]
        and all(answer[name] is None or answer[name] >= 0 for name in _SHARES)
    )


def _ask(visitor: Visitor, path: str, is_right: Any) -> None:
    until = (visitor.shop.today - timedelta(days=visitor.rng.choice((1, 1, 1, 8)))).isoformat()
    query: dict[str, Any] = {"days": visitor.rng.choice(_DAYS), "until": until}
    if visitor.rng.random() < 0.4:
        query["location_id"] = visitor.rng.choice(visitor.shop.locations).id
    visitor.ask(
        "GET",
        f"{path}?{urlencode(query)}",
        name=path,
        account=visitor.shop.owner,
        is_right=lambda answer: answer["until"] == until and is_right(answer),
    )
