"""Artificial intelligence: twelve services that count and call it a prediction."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, gap_days, newest, share, tally, texts, top
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("no_show_prediction", "appointments", "client_id", share("status", "no_show", "cancelled")),
    reads("churn_prediction", "appointments", "client_id", gap_days("starts_at")),
    reads("next_visit_prediction", "appointments", "client_id", newest("starts_at")),
    reads("spend_prediction", "payments", "client_id", average("amount_cents")),
    reads("tip_prediction", "payments", "client_id", tally("method")),
    reads("service_recommendation", "appointments", "client_id", top("service_id")),
    reads("barber_recommendation", "appointments", "client_id", top("barber_id")),
    reads("price_recommendation", "services", "location_id", average("price_cents")),
    reads("sentiment", "reviews", "client_id", share("rating", 4, 5)),
    reads("review_summary", "reviews", "barber_id", top("comment")),
    reads("demand_model", "barber_availability", "barber_id", tally("weekday")),
    reads("assistant", "clients", "client_id", texts("Hello {full_name}, what can I do for you?")),
)
