"""Payments: an amount is split to the cent between platform, shop and barber; refunds never exceed it."""

from dataclasses import dataclass
from datetime import datetime

from reference_app.domain.answers import Appointment

PLATFORM_FEE_BPS = 290
METHODS = ("card", "cash", "wallet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Who gets what of an amount; the three always add up to it."""

    platform_fee_cents: int
    commission_cents: int
    """The shop's part."""
    barber_cents: int


def split_amount(amount_cents: int, commission_bps: int) -> Split:
    """Split an amount: fee and commission are rounded down, the barber gets the rest."""
    fee = amount_cents * PLATFORM_FEE_BPS // 10_000
    commission = (amount_cents - fee) * commission_bps // 10_000
    return Split(
        platform_fee_cents=fee, commission_cents=commission, barber_cents=amount_cents - fee - commission
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """An appointment and what decides whether, and how, it can be paid."""

    appointment: Appointment
    commission_bps: int
    is_paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment that is about to be recorded."""

    appointment: Appointment
    split: Split
    method: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as it stands."""

    id: int
    appointment_id: int
    location_id: int
    barber_id: int
    client_id: int
    amount_cents: int
    split: Split
    refunded_cents: int
    paid_at: datetime
    method: str
    reference: str
