"""Run the business: the front desk's day, its clients and their visits, and the owner's revenue."""

from datetime import timedelta
from typing import Any

from scenarios.journeys.availability import all_barbers_slots
from scenarios.journeys.shop import Account, FrontDesk
from scenarios.journeys.visitor import Visitor

_REVENUE_DAYS = 30
_NAMES = ("Al", "Am", "Br", "Ca", "Da", "El", "Ge", "Iv", "Lu", "Ma", "Qu", "Sa", "Zo")


def front_desk(visitor: Visitor) -> None:
    """Look at a location's day, mostly today or tomorrow, and sometimes at the day after it."""
    desk = visitor.rng.choice(visitor.shop.desks)
    days_ahead = visitor.rng.choice((0, 0, 0, 1, 1, 2, 7))
    _location_day(visitor, desk, days_ahead)
    if visitor.rng.random() < 0.3:
        visitor.pause()
        _location_day(visitor, desk, days_ahead + 1)


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


def find_client(visitor: Visitor) -> None:
    """Search a client by the beginning of a name, and look at what one of one's own has brought in."""
    desk = visitor.rng.choice(visitor.shop.desks)
    prefix = visitor.rng.choice(_NAMES)
    visitor.ask(
        "GET",
        f"/api/v2/clients?name={prefix}",
        name="/api/v2/clients",
        account=desk.account,
        is_right=lambda answer: all(
            client["home_location_id"] == desk.location.id for client in answer["clients"]
        ),
    )
    visitor.pause()
    client_id = visitor.rng.choice(visitor.shop.clients).client_id
    visitor.ask(
        "GET",
        f"/api/v2/clients/{client_id}/lifetime-value",
        name="/api/v2/clients/[id]/lifetime-value",
        account=visitor.shop.owner,
        is_right=lambda answer: (
            answer["lifetime_value_cents"] == answer["paid_cents"] - answer["refunded_cents"]
        ),
    )


def send_messages(visitor: Visitor) -> None:
    """Look at the queue of messages and send the oldest ones."""
    staff = visitor.rng.choice(visitor.shop.desks).account
    visitor.ask(
        "GET",
        "/api/v2/notifications?limit=5",
        name="/api/v2/notifications",
        account=staff,
        is_right=lambda answer: len(answer["messages"]) <= 5,
    )
    visitor.pause()
    visitor.ask(
        "POST",
        "/api/v2/notifications/dispatch",
        name="/api/v2/notifications/dispatch",
        account=staff,
        body={"limit": 3},
        is_right=lambda answer: (
            sum(answer[f"{outcome}_count"] for outcome in ("sent", "failed", "queued"))
            == len(answer["messages"])
        ),
    )


def serve_walk_in(visitor: Visitor) -> None:
    """Book somebody in for today, complete the visit, take the money, and get a review."""
    _serve(visitor, ("card", "wallet", "cash"))


def serve_card_payer(visitor: Visitor) -> None:
    """Do the same for somebody who has no cash: another company must take the money."""
    _serve(visitor, ("card", "wallet"))


def _serve(visitor: Visitor, methods: tuple[str, ...]) -> None:
    desk = visitor.rng.choice(visitor.shop.desks)
    location, staff = desk.location, desk.account
    client = visitor.rng.choice(visitor.shop.clients)
    slots = all_barbers_slots(visitor, location, visitor.rng.choice(location.service_ids), days_ahead=0)
    if not slots:
        return
    slot = visitor.rng.choice(slots)
    visitor.pause()
    status, appointment = visitor.ask(
        "POST",
        "/api/v2/appointments",
        name="/api/v2/appointments",
        account=staff,
        body={
            "barber_id": slot.barber_id,
            "service_id": slot.service_id,
            "starts_at": slot.starts_at,
            "client_id": client.client_id,
        },
        expected=(201, 409),
        is_right=lambda answer: answer["client_id"] == client.client_id,
    )
    if status == 201:
        visitor.saw_created("appointment", appointment["id"])
        _finish_visit(visitor, staff, client, appointment, methods)


def _finish_visit(
    visitor: Visitor, staff: Account, client: Account, appointment: dict[str, Any], methods: tuple[str, ...]
) -> None:
    appointment_id = appointment["id"]
    visitor.pause()
    visitor.ask(
        "POST",
        f"/api/v2/appointments/{appointment_id}/complete",
        name="/api/v2/appointments/[id]/complete",
        account=staff,
        is_right=lambda answer: answer["status"] == "completed",
    )
    visitor.pause()
    _, payment = visitor.ask(
        "POST",
        "/api/v2/payments",
        name="/api/v2/payments",
        account=staff,
        body={"appointment_id": appointment_id, "method": visitor.rng.choice(methods)},
        expected=(201,),
        is_right=lambda answer: (
            answer["amount_cents"] == appointment["price_cents"] == sum(answer["split"].values())
        ),
    )
    visitor.saw_created("payment", payment["id"])
    visitor.pause()
    _, review = visitor.ask(
        "POST",
        "/api/v2/reviews",
        name="/api/v2/reviews",
        account=client,
        body={"appointment_id": appointment_id, "rating": visitor.rng.choice((3, 4, 5, 5))},
        expected=(201,),
        is_right=lambda answer: answer["appointment_id"] == appointment_id,
    )
    visitor.saw_created("review", review["id"])


def _location_day(visitor: Visitor, desk: FrontDesk, days_ahead: int) -> None:
    location = desk.location
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
        account=desk.account,
        is_right=is_right,
    )
