"""Book, move and cancel appointments."""

from datetime import timedelta
from typing import Any

from scenarios.journeys.availability import Slot, all_barbers_slots, barber_slots
from scenarios.journeys.history import ask_history
from scenarios.journeys.shop import Account
from scenarios.journeys.visitor import JourneyEnded, Visitor

_PATH = "/api/v2/appointments"
_OPEN = ("pending", "confirmed")
_CREATED, _CONFLICT = 201, 409
"""409: someone else was faster, a correct answer."""
_LOG_IN_SHARE = 0.2
"""Of the clients who book; the others still have a session."""
_ALL_BARBERS_SHARE = 0.3
_RUSH_DAYS = (1, 2, 3, 4)
_RUSH_SLOTS = 3


def browse_and_book(visitor: Visitor) -> None:
    """Look for a free time, mostly with a favourite barber, and book it."""
    client = visitor.rng.choice(visitor.shop.clients)
    if visitor.rng.random() < _LOG_IN_SHARE:
        client = visitor.log_in(client.email)
        visitor.pause()
    _book_somewhere(visitor, client)


def reschedule_own(visitor: Visitor) -> None:
    """Book, think again, and move the appointment to another time of the same barber."""
    client = visitor.rng.choice(visitor.shop.clients)
    appointment = _book_and_find(visitor, client)
    if appointment is None:
        return
    visitor.pause()
    slots = barber_slots(visitor, appointment["barber_id"], appointment["service_id"])
    if not slots:
        return
    slot = visitor.rng.choice(slots)
    visitor.pause()
    visitor.ask(
        "POST",
        f"{_PATH}/{appointment['id']}/reschedule",
        name=f"{_PATH}/[id]/reschedule",
        account=client,
        body={"starts_at": slot.starts_at},
        expected=(200, _CONFLICT),
        is_right=lambda answer: answer["id"] == appointment["id"] and answer["starts_at"] == slot.starts_at,
    )


def cancel_own(visitor: Visitor) -> None:
    """Book, think again, and cancel the appointment."""
    client = visitor.rng.choice(visitor.shop.clients)
    appointment = _book_and_find(visitor, client)
    if appointment is None:
        return
    visitor.pause()
    visitor.ask(
        "POST",
        f"{_PATH}/{appointment['id']}/cancel",
        name=f"{_PATH}/[id]/cancel",
        account=client,
        expected=(200, _CONFLICT),
        is_right=lambda answer: answer["id"] == appointment["id"] and answer["status"] == "cancelled",
    )


def rush_for_slots(visitor: Visitor) -> None:
    """Want what everybody wants: one of the first free times of one barber on one of a few days."""
    client = visitor.rng.choice(visitor.shop.clients)
    location = visitor.shop.locations[0]
    days_ahead = visitor.rng.choice(_RUSH_DAYS)
    slots = barber_slots(visitor, location.barber_ids[0], location.service_ids[0], days_ahead)
    if slots:
        _book(visitor, client, visitor.rng.choice(slots[:_RUSH_SLOTS]))


def book_series(visitor: Visitor) -> None:
    """Find a time and book it for some weeks."""
    client = visitor.rng.choice(visitor.shop.clients)
    location = visitor.rng.choice(visitor.shop.locations)
    service_id = visitor.rng.choice(location.service_ids)
    slots = barber_slots(visitor, visitor.rng.choice(location.barber_ids), service_id)
    if not slots:
        return
    slot = visitor.rng.choice(slots)
    visitor.pause()
    status, series = visitor.ask(
        "POST",
        f"{_PATH}/recurring",
        name=f"{_PATH}/recurring",
        account=client,
        body={
            "barber_id": slot.barber_id,
            "service_id": service_id,
            "starts_at": slot.starts_at,
            "interval_weeks": 1,
            "count": 3,
        },
        expected=(_CREATED, _CONFLICT),
        is_right=lambda answer: len(answer["appointments"]) + len(answer["skipped"]) == 3,
    )
    if status == _CREATED:
        for appointment in series["appointments"]:
            visitor.saw_created("appointment", appointment["id"])


def join_waitlist(visitor: Visitor) -> None:
    """Wait for a time with a favourite barber."""
    client = visitor.rng.choice(visitor.shop.clients)
    location = visitor.rng.choice(visitor.shop.locations)
    day = (visitor.shop.today + timedelta(days=visitor.rng.randint(1, 20))).isoformat()
    status, entry = visitor.ask(
        "POST",
        "/api/v2/waitlist",
        name="/api/v2/waitlist",
        account=client,
        body={
            "barber_id": visitor.rng.choice(location.barber_ids),
            "service_id": visitor.rng.choice(location.service_ids),
            "date": day,
        },
        expected=(_CREATED, _CONFLICT),
        is_right=lambda answer: answer["date"] == day and answer["client_id"] == client.client_id,
    )
    if status == _CREATED:
        visitor.saw_created("waitlist_entry", entry["id"])


def _book_and_find(visitor: Visitor, client: Account) -> dict[str, Any] | None:
    """Book something and look it up in one's own history: a booking that was confirmed must be there.

    Changing what one just booked, and not what the history happens to hold, keeps a journey's requests the
    same on every backend, however journeys of one client overlap.
    """
    booked = _book_somewhere(visitor, client)
    if booked is None:
        return None
    visitor.pause()
    ask_history(visitor, client, must_hold=booked["id"])
    return booked


def _book_somewhere(visitor: Visitor, client: Account) -> dict[str, Any] | None:
    """Search and book; None where the day is full or someone else was faster."""
    location = visitor.rng.choice(visitor.shop.locations)
    service_id = visitor.rng.choice(location.service_ids)
    if visitor.rng.random() < _ALL_BARBERS_SHARE:
        slots = all_barbers_slots(visitor, location, service_id)
    else:
        slots = barber_slots(visitor, visitor.rng.choice(location.barber_ids), service_id)
    if not slots:
        return None
    visitor.pause()
    return _book(visitor, client, visitor.rng.choice(slots))


def _book(visitor: Visitor, client: Account, slot: Slot) -> dict[str, Any] | None:
    status, appointment = visitor.ask(
        "POST",
        _PATH,
        name=_PATH,
        account=client,
        body={"barber_id": slot.barber_id, "service_id": slot.service_id, "starts_at": slot.starts_at},
        expected=(_CREATED, _CONFLICT),
        is_right=lambda answer: (
            answer["starts_at"] == slot.starts_at
            and answer["barber_id"] == slot.barber_id
            and answer["client_id"] == client.client_id
            and answer["status"] in _OPEN
        ),
    )
    if status == _CONFLICT:
        return None
    if not isinstance(appointment, dict):
        raise JourneyEnded
    visitor.saw_created("appointment", appointment["id"])
    return appointment
