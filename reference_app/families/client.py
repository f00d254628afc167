"""Clients: ten services around one row."""

from reference_app.families.duty import Duty
from reference_app.families.figures import gap_days, has_any, longest, only
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("client_profile", "clients", "client_id", only("full_name")),
    reads("client_contact", "clients", "client_id", only("email")),
    reads("client_preference", "clients", "client_id", only("preferences")),
    reads("client_type", "clients", "client_id", only("customer_type")),
    reads("client_visit", "clients", "client_id", only("visit_count")),
    reads("client_spending", "clients", "client_id", only("total_spent_cents")),
    reads("client_home", "clients", "client_id", only("home_location_id")),
    reads("client_note", "appointments", "client_id", longest("notes")),
    reads("client_rhythm", "appointments", "client_id", gap_days("starts_at")),
    reads("client_account", "users", "client_id", has_any()),
)
