"""Compliance: eight services that look for what should not be kept."""

from reference_app.families.duty import Duty
from reference_app.families.figures import distinct, longest, oldest, tally, texts
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("data_retention", "clients", "client_id", oldest("created_at")),
    reads("data_export", "appointments", "client_id", texts("{id};{starts_at};{status}")),
    reads("data_minimisation", "clients", "client_id", longest("preferences")),
    reads("session_retention", "sessions", "user_id", oldest("created_at")),
    reads("audit_retention", "audit_log", "user_id", oldest("created_at")),
    reads("key_rotation", "api_keys", "user_id", oldest("created_at")),
    reads("device_register", "mfa_devices", "user_id", tally("label")),
    reads("receipt_archive", "payments", "client_id", distinct("reference")),
)
