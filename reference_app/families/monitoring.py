"""Monitoring: ten services that each measure what the others leave behind."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, count, distinct, only, ranked, share, tally, total
from reference_app.families.reading import asks, reads, reads_all

DUTIES: tuple[Duty, ...] = (
    reads("account_monitor", "audit_log", "user_id", tally("action")),
    reads("refusal_monitor", "audit_log", "user_id", share("status", 401, 403, 409, 422)),
    reads("session_monitor", "sessions", "user_id", distinct("user_agent")),
    asks("settings_monitor", "SELECT * FROM application_settings WHERE name = 'anchor_date'", only("value")),
    reads_all("location_monitor", "locations", count()),
    reads_all("rule_monitor", "booking_rules", average("step_minutes")),
    asks("webhook_monitor", "SELECT * FROM webhooks WHERE provider = 'payments'", tally("event")),
    asks(
        "database_monitor",
        "SELECT relname, n_live_tup FROM pg_stat_user_tables",
        ranked("relname", by="n_live_tup"),
    ),
    asks(
        "connection_monitor",
        "SELECT state FROM pg_stat_activity WHERE datname = current_database()",
        tally("state"),
    ),
    asks("index_monitor", "SELECT relname, idx_scan FROM pg_stat_user_indexes", total("idx_scan")),
)
