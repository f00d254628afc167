"""The duties, table by table: each part reads all rows and looks at one at a time."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

from reference_app.domain.scheduling import BUSY_STATUSES, OPEN_STATUSES
from reference_app.duties.duty import Duty, Report
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection, Row

Rows: TypeAlias = list[dict[str, Any]]
Keep: TypeAlias = Callable[[Row], bool]
Work: TypeAlias = Callable[[Connection, date, int], Awaitable[Report]]

_DAY = timedelta(days=1)


class TableByTableDuties:
    """Loads whole tables, and asks and deletes one row at a time, as scripts that grew over years do."""

    async def perform(
        self, connection: Connection, duty: Duty, today: date, subject_id: int | None
    ) -> Report:
        """Do a duty, part by part."""
        return await _WORK[duty.id](connection, today, subject_id or 0)


async def _purge(connection: Connection, today: date, _: int) -> Report:
    midnight = _midnight(today)
    return {
        "sessions": await _delete(
            connection, "sessions", lambda row: row["expires_at"] < midnight - 90 * _DAY
        ),
        "idempotency_keys": await _delete_keys(connection, midnight - 30 * _DAY),
        "audit_log": await _delete(
            connection, "audit_log", lambda row: row["created_at"] < midnight - 365 * _DAY
        ),
        "webhooks": await _delete(
            connection, "webhooks", lambda row: row["created_at"] < midnight - 90 * _DAY
        ),
        "notifications": await _delete(
            connection,
            "notifications",
            lambda row: row["status"] == "sent" and row["created_at"] < midnight - 90 * _DAY,
        ),
        "waitlist_entries": await _delete(
            connection, "waitlist_entries", lambda row: row["day"] < today - 7 * _DAY
        ),
    }


async def _remind(connection: Connection, today: date, _: int) -> Report:
    start = _midnight(today) + _DAY
    due = await _kept(
        connection, "appointments", lambda row: _is_open(row) and _is_of(row["starts_at"], start)
    )
    queued = []
    for appointment in due:
        notes = await connection.fetch(
            "SELECT * FROM notifications WHERE appointment_id = $1", appointment["id"]
        )
        if not any(note["kind"] == "reminder" for note in notes):
            await connection.execute(
                "INSERT INTO notifications (appointment_id, kind, channel, status, body)"
                " VALUES ($1, 'reminder', 'email', 'queued', 'Your appointment: reminder.')",
                appointment["id"],
            )
            queued.append({"appointment_id": appointment["id"]})
    return {"reminders": queued}


async def _daily_report(connection: Connection, today: date, _: int) -> Report:
    midnight = _midnight(today)
    yesterday = midnight - _DAY
    appointments = await _kept(connection, "appointments", lambda _: True)
    payments = await _kept(connection, "payments", lambda _: True)
    booked = [row for row in appointments if _is_of(row["created_at"], yesterday)]
    cancelled = [row for row in appointments if _is_of(row["cancelled_at"], yesterday)]
    overdue = [row for row in appointments if _is_open(row) and row["starts_at"] < yesterday]
    refunded = [
        row for row in payments if row["refunded_cents"] > 0 and row["paid_at"] >= midnight - 31 * _DAY
    ]
    return {
        "booked": _counted(booked, "location_id", "appointment_count"),
        "cancelled": _counted(cancelled, "location_id", "appointment_count"),
        "overdue": _shown(overdue, "id", "location_id", "barber_id", "starts_at"),
        "paid": _summed(
            (row for row in payments if _is_of(row["paid_at"], yesterday)),
            "location_id",
            "payment_count",
            {"amount_cents": "amount_cents"},
        ),
        "refunded": _shown(refunded, "id", "location_id", "amount_cents", "refunded_cents"),
        "clients": _shown(
            await _kept(connection, "clients", lambda row: _is_of(row["created_at"], yesterday)),
            "id",
            "home_location_id",
        ),
        "reviews": _summed(
            await _kept(connection, "reviews", lambda row: row["created_at"] >= midnight - 7 * _DAY),
            "barber_id",
            "review_count",
            {"rating": "rating_sum"},
        ),
        "refusals": _counted(
            await _kept(
                connection,
                "audit_log",
                lambda row: row["status"] in {401, 403} and _is_of(row["created_at"], yesterday),
            ),
            "user_id",
            "refusal_count",
        ),
        "recipients": await _recipients(connection),
    }


async def _recipients(connection: Connection) -> Rows:
    found = []
    for location in sorted(await connection.fetch("SELECT * FROM locations"), key=_id):
        users = await _kept(connection, "users", lambda _: True)
        found += [
            {"location_id": location["id"], "email": user["email"]}
            for user in users
            if user["location_id"] == location["id"]
        ]
    return found


async def _care(connection: Connection, today: date, _: int) -> Report:
    return {
        "series_to_renew": await _series_to_renew(connection, today),
        "gifts_that_expire": await _gifts_that_expire(connection, today),
        "almost_vip": _shown(
            sorted(
                await _kept(connection, "clients", lambda row: row["customer_type"] != "vip"),
                key=lambda row: (-row["total_spent_cents"], row["id"]),
            )[:20],
            "id",
            "full_name",
            "total_spent_cents",
        ),
        "most_loyal": await _most_loyal(connection),
    }


async def _series_to_renew(connection: Connection, today: date) -> Rows:
    found = []
    for series in await _kept(
        connection, "recurring_series", lambda row: today <= row["ends_on"] < today + 3 * _DAY
    ):
        client = await one(connection, "SELECT * FROM clients WHERE id = $1", series["client_id"])
        visits = await connection.fetch(
            "SELECT * FROM appointments WHERE recurring_series_id = $1", series["id"]
        )
        found.append(
            {
                "id": series["id"],
                "ends_on": series["ends_on"],
                "full_name": client["full_name"],
                "phone": client["phone"],
                "last_at": max((visit["starts_at"] for visit in visits), default=None),
            }
        )
    return found


async def _gifts_that_expire(connection: Connection, today: date) -> Rows:
    found = []
    for gift in await _kept(
        connection,
        "gift_certificates",
        lambda row: row["remaining_cents"] > 0 and today <= row["expires_on"] < today + 7 * _DAY,
    ):
        client = await one(connection, "SELECT * FROM clients WHERE id = $1", gift["client_id"])
        (shown,) = _shown([gift], "id", "code", "remaining_cents", "expires_on")
        found.append({**shown, "email": client["email"]})
    return found


async def _most_loyal(connection: Connection) -> Rows:
    accounts = sorted(
        await connection.fetch("SELECT * FROM loyalty_accounts"),
        key=lambda row: (-row["points"], row["client_id"]),
    )
    found = []
    for account in accounts[:20]:
        client = await one(connection, "SELECT * FROM clients WHERE id = $1", account["client_id"])
        (shown,) = _shown([account], "client_id", "points")
        found.append({**shown, "full_name": client["full_name"]})
    return found


async def _reconcile(connection: Connection, today: date, _: int) -> Report:
    yesterday = _midnight(today) - _DAY
    different = []
    for event in await _kept(
        connection,
        "webhooks",
        lambda row: row["event"] == "payment.captured" and _is_of(row["created_at"], yesterday),
    ):
        told = json.loads(event["payload"])
        payments = await connection.fetch("SELECT * FROM payments WHERE reference = $1", told["reference"])
        if not any(payment["amount_cents"] == told["amount_cents"] for payment in payments):
            different.append({"id": event["id"], "event": event["event"], "reference": told["reference"]})
    return {"unknown_or_different": different}


async def _watch_messages(connection: Connection, _: date, __: int) -> Report:
    rows = await _kept(connection, "notifications", lambda _: True)
    return {
        part: _shown((row for row in rows if row["status"] == status), "id", "appointment_id", "kind")
        for part, status in (("stuck", "sending"), ("failed", "failed"))
    }


async def _export_client(connection: Connection, _: date, client_id: int) -> Report:
    def own(row: Row) -> bool:
        return bool(row["client_id"] == client_id)

    accounts = await _kept(connection, "users", own)
    account_ids = {account["id"] for account in accounts}
    appointments = await _kept(connection, "appointments", own)
    appointment_ids = {appointment["id"] for appointment in appointments}

    async def parts(table: str, keep: Keep, *columns: str) -> Rows:
        return _shown(await _kept(connection, table, keep), *columns)

    def of_account(row: Row) -> bool:
        return row["user_id"] in account_ids

    def of_appointment(row: Row) -> bool:
        return row["appointment_id"] in appointment_ids

    loyalty = await connection.fetch("SELECT * FROM loyalty_accounts")
    return {
        "client": await parts(
            "clients",
            lambda row: bool(row["id"] == client_id),
            *("id", "full_name", "email", "phone", "customer_type", "preferences", "created_at"),
        ),
        "accounts": _shown(accounts, "id", "email", "role", "created_at"),
        "sessions": await parts("sessions", of_account, "id", "user_agent", "expires_at"),
        "devices": await parts("mfa_devices", of_account, "id", "label"),
        "api_keys": await parts("api_keys", of_account, "id", "tier", "created_at"),
        "audit_log": await parts("audit_log", of_account, "id", "action", "status"),
        "appointments": _shown(appointments, "id", "barber_id", "service_id", "starts_at", "status", "notes"),
        "notifications": await parts("notifications", of_appointment, "id", "kind", "channel", "status"),
        "payments": await parts(
            "payments", own, "id", "appointment_id", "amount_cents", "refunded_cents", "paid_at"
        ),
        "reviews": await parts("reviews", own, "id", "appointment_id", "rating", "comment"),
        "waitlist_entries": await parts("waitlist_entries", own, "id", "barber_id", "day"),
        "loyalty": _shown((row for row in loyalty if own(row)), "points", "tier"),
        "gift_certificates": await parts(
            "gift_certificates", own, "id", "code", "remaining_cents", "expires_on"
        ),
        "series": await parts(
            "recurring_series", own, "id", "barber_id", "interval_days", "starts_on", "ends_on"
        ),
    }


async def _pay_out(connection: Connection, today: date, barber_id: int) -> Report:
    midnight = _midnight(today)
    paid = await _kept(
        connection,
        "payments",
        lambda row: row["barber_id"] == barber_id and midnight - 31 * _DAY <= row["paid_at"] < midnight,
    )
    sums = {
        name: sum(row[name] for row in paid) for name in ("amount_cents", "barber_cents", "refunded_cents")
    }
    return {"statement": [{"payment_count": len(paid), **sums}]}


async def _hand_over(connection: Connection, today: date, barber_id: int) -> Report:
    def own(row: Row) -> bool:
        return bool(row["barber_id"] == barber_id)

    midnight = _midnight(today)
    return {
        "appointments": _shown(
            await _kept(
                connection,
                "appointments",
                lambda row: own(row) and row["status"] in BUSY_STATUSES and row["starts_at"] >= midnight,
            ),
            *("id", "client_id", "service_id", "starts_at"),
        ),
        "series": _shown(
            await _kept(connection, "recurring_series", lambda row: own(row) and row["ends_on"] >= today),
            *("id", "client_id"),
        ),
        "waitlist_entries": _shown(
            await _kept(connection, "waitlist_entries", lambda row: own(row) and row["day"] >= today),
            *("id", "client_id", "day"),
        ),
        "time_off": _shown(
            await _kept(connection, "barber_time_off", lambda row: own(row) and row["ends_at"] > midnight),
            *("id", "starts_at", "ends_at"),
        ),
    }


async def _withdraw(connection: Connection, today: date, service_id: int) -> Report:
    def own(row: Row) -> bool:
        return bool(row["service_id"] == service_id)

    midnight = _midnight(today)
    return {
        "appointments": _shown(
            await _kept(
                connection,
                "appointments",
                lambda row: own(row) and _is_open(row) and row["starts_at"] >= midnight,
            ),
            *("id", "client_id", "barber_id", "starts_at"),
        ),
        "series": _shown(
            await _kept(connection, "recurring_series", lambda row: own(row) and row["ends_on"] >= today),
            *("id", "client_id"),
        ),
        "waitlist_entries": _shown(
            await _kept(connection, "waitlist_entries", lambda row: own(row) and row["day"] >= today),
            *("id", "client_id", "day"),
        ),
    }


_WORK: Mapping[str, Work] = {
    "purge": _purge,
    "remind": _remind,
    "daily-report": _daily_report,
    "care": _care,
    "reconcile": _reconcile,
    "watch-messages": _watch_messages,
    "export-client": _export_client,
    "pay-out": _pay_out,
    "hand-over": _hand_over,
    "withdraw": _withdraw,
}


async def _kept(connection: Connection, table: str, keep: Keep) -> list[Row]:
    """Read a table from end to end and keep some rows, by id."""
    rows = await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - one of our own tables
    return sorted((row for row in rows if keep(row)), key=_id)


async def _delete(connection: Connection, table: str, is_old: Keep) -> Rows:
    old = await _kept(connection, table, is_old)
    for row in old:
        await connection.execute(f"DELETE FROM {table} WHERE id = $1", row["id"])  # noqa: S608 - as above
    return [{"row_count": len(old)}]


async def _delete_keys(connection: Connection, before: datetime) -> Rows:
    keys = [
        row for row in await connection.fetch("SELECT * FROM idempotency_keys") if row["created_at"] < before
    ]
    for row in keys:
        await connection.execute(
            "DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2", row["user_id"], row["key"]
        )
    return [{"row_count": len(keys)}]


def _shown(rows: Iterable[Row], *columns: str) -> Rows:
    return [{column: row[column] for column in columns} for row in rows]


def _counted(rows: Iterable[Row], group: str, count: str) -> Rows:
    return _summed(rows, group, count, {})


def _summed(rows: Iterable[Row], group: str, count: str, sums: Mapping[str, str]) -> Rows:
    """Count rows and sum columns by group, in order of the group, an unknown one last."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[group]].append(row)
    return [
        {
            group: key,
            count: len(members),
            **{name: sum(row[column] for row in members) for column, name in sums.items()},
        }
        for key, members in sorted(groups.items(), key=lambda entry: (entry[0] is None, entry[0] or 0))
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _is_of(moment: datetime | None, day: datetime) -> bool:
    return moment is not None and day <= moment < day + _DAY


def _is_open(row: Row) -> bool:
    return row["status"] in OPEN_STATUSES


def _id(row: Row) -> int:
    return int(row["id"])
