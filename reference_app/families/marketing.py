"""Marketing: fifteen services that look for a reason to write to somebody."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, newest, oldest, ranked, share, tally, texts, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("welcome_campaign", "clients", "client_id", share("customer_type", "new")),
    reads("win_back_campaign", "appointments", "client_id", newest("starts_at")),
    reads("birthday_campaign", "clients", "client_id", oldest("created_at")),
    reads("vip_campaign", "clients", "client_id", share("customer_type", "vip")),
    reads("referral_campaign", "appointments", "client_id", tally("source")),
    reads("review_campaign", "reviews", "client_id", average("rating")),
    reads("upsell_campaign", "services", "location_id", ranked("name", by="price_cents", limit=3)),
    reads("cross_sell_campaign", "services", "location_id", ranked("name", by="duration_minutes", limit=3)),
    reads("gift_campaign", "gift_certificates", "client_id", total("remaining_cents")),
    reads("loyalty_campaign", "loyalty_accounts", "client_id", tally("tier")),
    reads("off_peak_campaign", "barber_availability", "barber_id", tally("weekday")),
    reads("newsletter", "clients", "client_id", texts("Dear {full_name}, your shop has news for you.")),
    reads("text_message_campaign", "clients", "client_id", texts("{phone}: a chair is free for you.")),
    reads("landing_page", "locations", "location_id", texts("{name}, {address}")),
    reads("audience", "clients", "client_id", tally("home_location_id")),
)
