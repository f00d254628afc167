"""Authentication: nine services that each look the account up before they say their part."""

from reference_app.families.duty import Duty
from reference_app.families.figures import count, has_any, longest, newest, only, share, tally
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("token_account", "users", "email", has_any()),
    reads("account", "users", "user_id", only("full_name")),
    reads("permission", "users", "user_id", only("role")),
    reads("account_scope", "users", "user_id", only("location_id")),
    reads("password_policy", "users", "user_id", longest("password_hash")),
    reads("session", "sessions", "user_id", newest("expires_at")),
    reads("second_factor", "mfa_devices", "user_id", count()),
    reads("api_key", "api_keys", "user_id", tally("tier")),
    reads("account_activity", "audit_log", "user_id", share("status", 401, 403)),
)
