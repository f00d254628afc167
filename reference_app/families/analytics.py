"""Analytics: twelve services that each load a client or a shop again."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, count, only, ranked, share, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("revenue_analytics", "payments", "client_id", total("amount_cents")),
    reads("no_show_analytics", "appointments", "client_id", share("status", "no_show")),
    reads("retention_analytics", "clients", "client_id", only("visit_count")),
    reads("lifetime_value_analytics", "clients", "client_id", only("total_spent_cents")),
    reads("segment_analytics", "clients", "client_id", only("customer_type")),
    reads("cohort_analytics", "clients", "client_id", only("created_at")),
    reads("loyalty_analytics", "loyalty_accounts", "client_id", only("points")),
    reads("top_services_analytics", "services", "location_id", ranked("name", by="price_cents")),
    reads("price_analytics", "services", "location_id", average("price_cents")),
    reads("barber_analytics", "barbers", "location_id", average("commission_bps")),
    reads("utilisation_analytics", "barber_availability", "barber_id", count()),
    reads("dashboard_analytics", "locations", "location_id", only("name")),
)
