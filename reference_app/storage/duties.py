# ruff: noqa: S608 - the statements are put together from constants
"""The duties, one statement for each part.

`$1` is the day; in a subject's duty `$1` is its id and `$2` the day. A day begins at midnight UTC here: it is
about the business, not about one shop's local day.
"""

import re
from collections.abc import Mapping
from datetime import date

from reference_app.duties.duty import Duty, Report
from reference_app.storage.connections import Connection

_TODAY = "($1::date::timestamp AT TIME ZONE 'UTC')"
_SUBJECTS_TODAY = "($2::date::timestamp AT TIME ZONE 'UTC')"


def _deleted(table: str, condition: str) -> str:
    return f"""
        WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING 1)
        SELECT count(*) AS row_count FROM gone
    """


_PURGE = {
    "sessions": _deleted("sessions", f"expires_at < {_TODAY} - interval '90 days'"),
    "idempotency_keys": _deleted("idempotency_keys", f"created_at < {_TODAY} - interval '30 days'"),
    "audit_log": _deleted("audit_log", f"created_at < {_TODAY} - interval '365 days'"),
    "webhooks": _deleted("webhooks", f"created_at < {_TODAY} - interval '90 days'"),
    "notifications": _deleted(
        "notifications", f"status = 'sent' AND created_at < {_TODAY} - interval '90 days'"
    ),
    "waitlist_entries": _deleted("waitlist_entries", "day < $1::date - 7"),
}

_REMIND = {
    "reminders": f"""
        WITH due AS (
            SELECT a.id
              FROM appointments a
             WHERE a.status IN ('pending', 'confirmed')
               AND a.starts_at >= {_TODAY} + interval '1 day' AND a.starts_at < {_TODAY} + interval '2 days'
               AND NOT EXISTS (SELECT FROM notifications n
                                WHERE n.appointment_id = a.id AND n.kind = 'reminder')
             ORDER BY a.id
        ), queued AS (
            INSERT INTO notifications (appointment_id, kind, channel, status, body)
            SELECT id, 'reminder', 'email', 'queued', 'Your appointment: reminder.' FROM due ORDER BY id
            RETURNING appointment_id
        )
        SELECT appointment_id FROM queued ORDER BY appointment_id
    """
}


def _yesterday(moment: str) -> str:
    return f"{moment} >= {_TODAY} - interval '1 day' AND {moment} < {_TODAY}"


_DAILY_REPORT = {
    "booked": f"""
        SELECT location_id, count(*) AS appointment_count FROM appointments
         WHERE {_yesterday("created_at")} GROUP BY location_id ORDER BY location_id
    """,
    "cancelled": f"""
        SELECT location_id, count(*) AS appointment_count FROM appointments
         WHERE {_yesterday("cancelled_at")} GROUP BY location_id ORDER BY location_id
    """,
    "overdue": f"""
        SELECT id, location_id, barber_id, starts_at FROM appointments
         WHERE status IN ('pending', 'confirmed') AND starts_at < {_TODAY} - interval '1 day' ORDER BY id
    """,
    "paid": f"""
        SELECT location_id, count(*) AS payment_count, sum(amount_cents)::bigint AS amount_cents FROM payments
         WHERE {_yesterday("paid_at")} GROUP BY location_id ORDER BY location_id
    """,
    "refunded": f"""
        SELECT id, location_id, amount_cents, refunded_cents FROM payments
         WHERE refunded_cents > 0 AND paid_at >= {_TODAY} - interval '31 days' ORDER BY id
    """,
    "clients": f"SELECT id, home_location_id FROM clients WHERE {_yesterday('created_at')} ORDER BY id",
    "reviews": f"""
        SELECT barber_id, count(*) AS review_count, sum(rating) AS rating_sum FROM reviews
         WHERE created_at >= {_TODAY} - interval '7 days' GROUP BY barber_id ORDER BY barber_id
    """,
    "refusals": f"""
        SELECT user_id, count(*) AS refusal_count FROM audit_log
         WHERE status IN (401, 403) AND {_yesterday("created_at")}
         GROUP BY user_id ORDER BY user_id NULLS LAST
    """,
    "recipients": """
        SELECT l.id AS location_id, u.email
          FROM locations l
          JOIN users u ON u.location_id = l.id
         ORDER BY l.id, u.id
    """,
}

_CARE = {
    "series_to_renew": """
        SELECT r.id, r.ends_on, c.full_name, c.phone, v.last_at
          FROM recurring_series r
          JOIN clients c ON c.id = r.client_id
         CROSS JOIN LATERAL (SELECT max(starts_at) AS last_at FROM appointments
                              WHERE recurring_series_id = r.id) v
         WHERE r.ends_on >= $1::date AND r.ends_on < $1::date + 3
         ORDER BY r.id
    """,
    "gifts_that_expire": """
        SELECT g.id, g.code, g.remaining_cents, g.expires_on, c.email
          FROM gift_certificates g
          JOIN clients c ON c.id = g.client_id
         WHERE g.remaining_cents > 0 AND g.expires_on >= $1::date AND g.expires_on < $1::date + 7
         ORDER BY g.id
    """,
    "almost_vip": """
        SELECT id, full_name, total_spent_cents FROM clients
         WHERE customer_type <> 'vip'
         ORDER BY total_spent_cents DESC, id LIMIT 20
    """,
    "most_loyal": """
        SELECT a.client_id, a.points, c.full_name
          FROM loyalty_accounts a
          JOIN clients c ON c.id = a.client_id
         ORDER BY a.points DESC, a.client_id LIMIT 20
    """,
}

_RECONCILE = {
    "unknown_or_different": f"""
        SELECT w.id, w.event, w.payload::jsonb ->> 'reference' AS reference
          FROM webhooks w
         WHERE w.event = 'payment.captured' AND {_yesterday("w.created_at")}
           AND NOT EXISTS (SELECT FROM payments p
                            WHERE p.reference = w.payload::jsonb ->> 'reference'
                              AND p.amount_cents = (w.payload::jsonb ->> 'amount_cents')::integer)
         ORDER BY w.id
    """
}

_WATCH_MESSAGES = {
    "stuck": "SELECT id, appointment_id, kind FROM notifications WHERE status = 'sending' ORDER BY id",
    "failed": "SELECT id, appointment_id, kind FROM notifications WHERE status = 'failed' ORDER BY id",
}

_EXPORT_CLIENT = {
    "client": """
        SELECT id, full_name, email, phone, customer_type, preferences, created_at FROM clients WHERE id = $1
    """,
    "accounts": "SELECT id, email, role, created_at FROM users WHERE client_id = $1 ORDER BY id",
    "sessions": """
        SELECT s.id, s.user_agent, s.expires_at
          FROM users u JOIN sessions s ON s.user_id = u.id
         WHERE u.client_id = $1 ORDER BY s.id
    """,
    "devices": """
        SELECT d.id, d.label
          FROM users u JOIN mfa_devices d ON d.user_id = u.id
         WHERE u.client_id = $1 ORDER BY d.id
    """,
    "api_keys": """
        SELECT k.id, k.tier, k.created_at
          FROM users u JOIN api_keys k ON k.user_id = u.id
         WHERE u.client_id = $1 ORDER BY k.id
    """,
    "audit_log": """
        SELECT g.id, g.action, g.status
          FROM users u JOIN audit_log g ON g.user_id = u.id
         WHERE u.client_id = $1 ORDER BY g.id
    """,
    "appointments": """
        SELECT id, barber_id, service_id, starts_at, status, notes FROM appointments
         WHERE client_id = $1 ORDER BY id
    """,
    "notifications": """
        SELECT n.id, n.kind, n.channel, n.status
          FROM appointments a JOIN notifications n ON n.appointment_id = a.id
         WHERE a.client_id = $1 ORDER BY n.id
    """,
    "payments": """
        SELECT id, appointment_id, amount_cents, refunded_cents, paid_at FROM payments
         WHERE client_id = $1 ORDER BY id
    """,
    "reviews": "SELECT id, appointment_id, rating, comment FROM reviews WHERE client_id = $1 ORDER BY id",
    "waitlist_entries": "SELECT id, barber_id, day FROM waitlist_entries WHERE client_id = $1 ORDER BY id",
    "loyalty": "SELECT points, tier FROM loyalty_accounts WHERE client_id = $1",
    "gift_certificates": """
        SELECT id, code, remaining_cents, expires_on FROM gift_certificates WHERE client_id = $1 ORDER BY id
    """,
    "series": """
        SELECT id, barber_id, interval_days, starts_on, ends_on FROM recurring_series
         WHERE client_id = $1 ORDER BY id
    """,
}

_PAY_OUT = {
    "statement": f"""
        SELECT count(*) AS payment_count, coalesce(sum(amount_cents), 0)::bigint AS amount_cents,
               coalesce(sum(barber_cents), 0)::bigint AS barber_cents,
               coalesce(sum(refunded_cents), 0)::bigint AS refunded_cents
          FROM payments
         WHERE barber_id = $1 AND paid_at >= {_SUBJECTS_TODAY} - interval '31 days'
           AND paid_at < {_SUBJECTS_TODAY}
    """
}

_HAND_OVER = {
    "appointments": f"""
        SELECT id, client_id, service_id, starts_at FROM appointments
         WHERE barber_id = $1 AND status IN ('pending', 'confirmed', 'completed')
           AND starts_at >= {_SUBJECTS_TODAY} ORDER BY id
    """,
    "series": "SELECT id, client_id FROM recurring_series WHERE barber_id = $1 AND ends_on >= $2 ORDER BY id",
    "waitlist_entries": """
        SELECT id, client_id, day FROM waitlist_entries WHERE barber_id = $1 AND day >= $2 ORDER BY id
    """,
    "time_off": f"""
        SELECT id, starts_at, ends_at FROM barber_time_off
         WHERE barber_id = $1 AND ends_at > {_SUBJECTS_TODAY} ORDER BY id
    """,
}

_WITHDRAW = {
    "appointments": f"""
        SELECT id, client_id, barber_id, starts_at FROM appointments
         WHERE service_id = $1 AND status IN ('pending', 'confirmed')
           AND starts_at >= {_SUBJECTS_TODAY} ORDER BY id
    """,
    "series": """
        SELECT id, client_id FROM recurring_series WHERE service_id = $1 AND ends_on >= $2 ORDER BY id
    """,
    "waitlist_entries": """
        SELECT id, client_id, day FROM waitlist_entries WHERE service_id = $1 AND day >= $2 ORDER BY id
    """,
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "purge": _PURGE,
    "remind": _REMIND,
    "daily-report": _DAILY_REPORT,
    "care": _CARE,
    "reconcile": _RECONCILE,
    "watch-messages": _WATCH_MESSAGES,
    "export-client": _EXPORT_CLIENT,
    "pay-out": _PAY_OUT,
    "hand-over": _HAND_OVER,
    "withdraw": _WITHDRAW,
}
"""The statements by duty and part."""


class SetBasedDuties:
    """Lets the database find, count and delete."""

    async def perform(
        self, connection: Connection, duty: Duty, today: date, subject_id: int | None
    ) -> Report:
        """Do a duty, each part in one statement."""
        values = (today,) if duty.subject is None else (subject_id, today)
        return {
            part: [dict(row) for row in await connection.fetch(sql, *values[: _parameter_count(sql)])]
            for part, sql in PARTS[duty.id].items()
        }


def _parameter_count(sql: str) -> int:
    return max((int(number) for number in re.findall(r"\$(\d)", sql)), default=0)
