"""Webhooks: six services for the calls of others."""

from reference_app.families.duty import Duty
from reference_app.families.figures import newest, tally
from reference_app.families.reading import asks, reads_all

DUTIES: tuple[Duty, ...] = (
    asks("payment_webhook", "SELECT * FROM webhooks WHERE provider = 'payments'", newest("created_at")),
    asks("email_webhook", "SELECT * FROM webhooks WHERE provider = 'email'", newest("created_at")),
    asks("text_webhook", "SELECT * FROM webhooks WHERE provider = 'sms'", newest("created_at")),
    asks("calendar_webhook", "SELECT * FROM webhooks WHERE provider = 'calendar'", newest("created_at")),
    asks("advertising_webhook", "SELECT * FROM webhooks WHERE provider = 'ads'", newest("created_at")),
    reads_all("webhook_history", "webhooks", tally("provider")),
)
