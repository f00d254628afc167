"""Book, move and cancel appointments."""

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
    return appointment
