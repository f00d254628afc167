"""What a scenario must know of a backend before the day begins: its places, and who can log in."""

from dataclasses import dataclass
from datetime import date
from typing import Any

PASSWORD = "kpibench-demo"  # noqa: S105  - the password of all accounts of the demonstration data
OWNER_EMAIL = "owner@example.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who is logged in."""

    email: str
    token: str
    client_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A shop with what can be booked there."""

    id: int
    barber_ids: tuple[int, ...]
    service_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDesk:
    """A shop, and who is logged in at its desk."""

    location: Location
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One backend, opened: the public directory and the accounts that journeys use.

    The accounts are few and kept for all users of a backend, so that who acts in a journey depends on the
    journey's own random choices and never on which Locust user happens to be free.
    """

    today: date
    """The day that the data takes for today."""
    locations: tuple[Location, ...]
    clients: tuple[Account, ...]
    desks: tuple[FrontDesk, ...]
    """Of some of the locations, or of all where they are few."""
    owner: Account


def spread(count: int, wanted: int) -> list[int]:
    """Choose `wanted` of the indexes below `count`, evenly; all of them where there are no more."""
    chosen = min(wanted, count)
    return [index * count // chosen for index in range(chosen)]


def client_email(index: int) -> str:
    """Return the address of a client, counted from 0."""
    return f"client{1 + index:06d}@example.test"


def staff_email(location_id: int) -> str:
    """Return the address of the front desk of a location."""
    return f"staff{location_id:04d}@example.test"


def locations_from(directory: dict[str, Any]) -> tuple[Location, ...]:
    """Read the places out of the answer of `GET /api/v2/locations`."""
    return tuple(
        Location(
            id=location["id"],
            barber_ids=tuple(barber["id"] for barber in location["barbers"]),
            service_ids=tuple(service["id"] for service in location["services"]),
        )
        for location in directory["locations"]
    )
