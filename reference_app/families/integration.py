"""Integrations: eight services that shape rows for somebody else."""

from reference_app.families.duty import Duty
from reference_app.families.figures import texts, total
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("accounting_export", "payments", "client_id", texts("{paid_at};{amount_cents};{method}")),
    reads("payroll_export", "payments", "barber_id", total("barber_cents")),
    reads("calendar_export", "appointments", "client_id", texts("BEGIN:VEVENT UID:{id} DTSTART:{starts_at}")),
    reads("map_export", "locations", "location_id", texts("{name}: {address}")),
    reads("contact_export", "clients", "client_id", texts("{full_name} <{email}>")),
    reads("price_list_export", "services", "location_id", texts("{name};{price_cents}")),
    reads("staff_export", "barbers", "location_id", texts("{id};{full_name}")),
    reads("certificate_export", "gift_certificates", "client_id", texts("{code};{expires_on}")),
)
