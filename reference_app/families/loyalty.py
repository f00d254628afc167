"""Loyalty: eight services for points and certificates."""

from reference_app.families.duty import Duty
from reference_app.families.figures import count, oldest, only, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("loyalty_point", "loyalty_accounts", "client_id", only("points")),
    reads("loyalty_tier", "loyalty_accounts", "client_id", only("tier")),
    reads("loyalty_age", "loyalty_accounts", "client_id", only("updated_at")),
    reads("gift_certificate", "gift_certificates", "client_id", count()),
    reads("gift_balance", "gift_certificates", "client_id", total("remaining_cents")),
    reads("gift_expiry", "gift_certificates", "client_id", oldest("expires_on")),
    reads("gift_use", "gift_certificates", "client_id", total("value_cents")),
    reads("reward", "payments", "client_id", total("amount_cents")),
)
