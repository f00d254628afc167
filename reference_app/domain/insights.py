"""What the owner wants to know, as counts and cents; shares are whole basis points, rounded down."""

from dataclasses import dataclass

from reference_app.domain.answers import Barber

SIX_FIGURES_CENTS = 10_000_000
"""A hundred thousand a year: what a barber's chair is hoped to earn."""


def basis_points(part: int, whole: int) -> int | None:
    """Answer the share of a part in hundredths of a percent; None of nothing."""
    return part * 10_000 // whole if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Who came back: clients with a visit in the period, and in the one of equal length before it."""

    previous_client_count: int
    returning_client_count: int
    """Of the previous ones, those who came again."""
    new_client_count: int
    """Who came in the period and not in the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarberUse:
    """Minutes that a barber offered and minutes that were booked."""

    barber: Barber
    offered_minutes: int
    booked_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldService:
    """How often a service was done, and its price in sum."""

    service_id: int
    location_id: int
    name: str
    visit_count: int
    revenue_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarberOutcomes:
    """How a barber's appointments of a period ended."""

    barber: Barber
    completed_count: int
    no_show_count: int
    cancelled_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarberShare:
    """What was paid for a barber's work and who got it; refunds are told apart."""

    barber: Barber
    payment_count: int
    amount_cents: int
    platform_fee_cents: int
    commission_cents: int
    barber_cents: int
    refunded_cents: int
