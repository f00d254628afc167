"""Look for a free time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from scenarios.journeys.shop import Location
from scenarios.journeys.visitor import Visitor

_PATH = "/api/v2/availability/slots"
_FURTHEST_DAY = 20
"""Within the booking window of every location."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A free time that was offered."""

    barber_id: int
    service_id: int
    starts_at: str


def look_and_leave(visitor: Visitor) -> None:
    """Look at all barbers of a location on one or two days, and leave."""
    location = visitor.rng.choice(visitor.shop.locations)
    service_id = visitor.rng.choice(location.service_ids)
    all_barbers_slots(visitor, location, service_id)
    if visitor.rng.random() < 0.4:
        visitor.pause()
        all_barbers_slots(visitor, location, service_id)


def all_barbers_slots(
    visitor: Visitor, location: Location, service_id: int, days_ahead: int | None = None
) -> list[Slot]:
    """Ask for the free times of all barbers of a location on that day, or on some day."""
    return _ask(visitor, {"location_id": location.id, "service_id": service_id}, "all barbers", days_ahead)


def barber_slots(
    visitor: Visitor, barber_id: int, service_id: int, days_ahead: int | None = None
) -> list[Slot]:
    """Ask for the free times of one barber on that day, or on some day."""
    return _ask(visitor, {"barber_id": barber_id, "service_id": service_id}, "one barber", days_ahead)


def find_next(visitor: Visitor) -> None:
    """Look at a location, ask who is free next, and read what others say about that barber."""
    location = visitor.rng.choice(visitor.shop.locations)
    service_id = visitor.rng.choice(location.service_ids)
    visitor.ask(
        "GET",
        f"/api/v2/locations/{location.id}",
        name="/api/v2/locations/[id]",
        is_right=lambda answer: answer["id"] == location.id,
    )
    visitor.pause()
    _, found = visitor.ask(
        "GET",
        f"/api/v2/availability/next?location_id={location.id}&service_id={service_id}",
        name="/api/v2/availability/next",
        is_right=lambda answer: (
            answer["location_id"] == location.id
            and (answer["slot"] is None or answer["slot"]["barber_id"] in location.barber_ids)
        ),
    )
    # Whom to read about must not depend on who is free: that differs from one backend to the next.
    barber_id = visitor.rng.choice(location.barber_ids)
    if found["slot"] is not None and visitor.rng.random() < 0.5:
        visitor.pause()
        visitor.ask(
            "GET",
            f"/api/v2/barbers/{barber_id}/reviews",
            name="/api/v2/barbers/[id]/reviews",
            is_right=lambda answer: len(answer["reviews"]) <= answer["review_count"],
        )


def _ask(visitor: Visitor, wanted: dict[str, int], who: str, days_ahead: int | None) -> list[Slot]:
    if days_ahead is None:
        # near days are asked for more often
        days_ahead = min(visitor.rng.randint(1, _FURTHEST_DAY), visitor.rng.randint(1, _FURTHEST_DAY))
    day = (visitor.shop.today + timedelta(days=days_ahead)).isoformat()

    def is_right(answer: Any) -> bool:
        return (
            answer["date"] == day
            and answer["service_id"] == wanted["service_id"]
            and all(start.startswith(day) for barber in answer["barbers"] for start in barber["slots"])
            and wanted.get("barber_id", answer["barbers"][0]["barber_id"])
            == answer["barbers"][0]["barber_id"]
        )

    query = urlencode({**wanted, "date": day})
    _, answer = visitor.ask("GET", f"{_PATH}?{query}", name=f"{_PATH} ({who})", is_right=is_right)
    return [
        Slot(barber_id=barber["barber_id"], service_id=wanted["service_id"], starts_at=start)
        for barber in answer["barbers"]
        for start in barber["slots"]
    ]
