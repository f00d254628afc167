"""Payments: who got how much of what was paid."""

from reference_app.families.duty import Duty
from reference_app.families.figures import tally, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("charge", "payments", "client_id", total("amount_cents")),
    reads("refund", "payments", "client_id", total("refunded_cents")),
    reads("commission", "payments", "barber_id", total("commission_cents")),
    reads("platform_fee", "payments", "location_id", total("platform_fee_cents")),
    reads("payment_method", "payments", "client_id", tally("method")),
)
