"""Reports: twelve services that print what analytics computes already."""

from reference_app.families.duty import Duty
from reference_app.families.figures import tally, texts, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("client_report", "clients", "client_id", texts("{full_name}: {visit_count} visits")),
    reads(
        "client_payment_report", "payments", "client_id", texts("{paid_at}: {amount_cents} cents, {method}")
    ),
    reads("client_visit_report", "appointments", "client_id", texts("{starts_at}: {status}")),
    reads("barber_report", "barbers", "barber_id", texts("{full_name}: {bio}")),
    reads("service_report", "services", "location_id", texts("{name}: {duration_minutes} minutes")),
    reads("shop_report", "locations", "location_id", texts("{code}: {name}")),
    reads("commission_report", "payments", "client_id", total("commission_cents")),
    reads("fee_report", "payments", "client_id", total("platform_fee_cents")),
    reads("refund_report", "payments", "client_id", total("refunded_cents")),
    reads("closure_report", "blackout_dates", "location_id", tally("reason")),
    reads("absence_report", "barber_time_off", "barber_id", tally("reason")),
    reads("source_report", "appointments", "client_id", tally("source")),
)
