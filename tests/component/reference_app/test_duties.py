"""Every duty finds and changes the same in every variant, on data with something to find."""

import asyncio
import json
from typing import Any

import pytest

from reference_app.duties.command import perform
from reference_app.duties.duty import DUTIES, Duty, Report
from reference_app.variants import Build, build
from tests.component.reference_app.backends import run_sql
from tests.component.reference_app.conftest import Clone
from tests.component.reference_app.test_command_line import run

# A small business has too little for every duty: something of everything, yesterday and long ago.
TROUBLE = (
    "UPDATE notifications SET status = 'sending' WHERE id % 50 = 1",
    "UPDATE notifications SET status = 'failed' WHERE id % 50 = 2",
    "UPDATE notifications SET created_at = '2025-11-01' WHERE status = 'sent' AND id % 5 = 0",
    "DELETE FROM notifications WHERE status = 'queued' AND id % 10 > 0",
    "INSERT INTO mfa_devices (user_id, label, secret, last_used_step) SELECT id, 'phone', 'x', 0 FROM users",
    "UPDATE sessions SET expires_at = expires_at - interval '80 days' WHERE id % 5 = 0",
    "UPDATE sessions SET user_id = (SELECT id FROM users WHERE client_id = 2) WHERE id % 7 = 1",
    "UPDATE api_keys SET user_id = (SELECT id FROM users WHERE client_id = 2) WHERE id % 7 = 1",
    "UPDATE idempotency_keys SET created_at = created_at - interval '25 days' WHERE user_id % 2 = 0",
    "UPDATE audit_log SET created_at = created_at - interval '300 days' WHERE id % 5 = 0",
    "UPDATE audit_log SET created_at = '2026-03-15T12:00Z', status = 403 WHERE id % 7 = 1",
    "UPDATE webhooks SET created_at = created_at - interval '80 days' WHERE id % 5 = 0",
    "UPDATE webhooks SET created_at = '2026-03-15T12:00Z' WHERE id % 5 = 1",
    "UPDATE payments SET reference = 'lost' || id WHERE id % 9 = 0",
    "UPDATE payments SET paid_at = '2026-03-15T12:00Z', refunded_cents = 1 WHERE id % 50 = 0",
    "UPDATE clients SET created_at = '2026-03-15T12:00Z' WHERE id % 20 = 0",
    "UPDATE reviews SET created_at = '2026-03-15T12:00Z' WHERE id % 5 = 0",
    "UPDATE reviews SET client_id = 2 WHERE id % 7 = 1",
    "UPDATE gift_certificates SET client_id = 2, expires_on = '2026-03-18' WHERE id % 2 = 0",
    "UPDATE recurring_series SET client_id = 2, barber_id = 1, service_id = 1 WHERE id % 4 = 1",
    "UPDATE recurring_series SET ends_on = '2026-03-17' WHERE id % 3 = 0",
    "UPDATE appointments SET status = 'pending' WHERE status = 'no_show' AND id % 7 = 0",
    "UPDATE appointments SET created_at = '2026-03-15T12:00Z' WHERE id % 30 = 0",
    "UPDATE appointments SET cancelled_at = '2026-03-15T12:00Z' WHERE status = 'cancelled' AND id % 3 = 0",
    """INSERT INTO waitlist_entries (client_id, barber_id, service_id, day, created_at)
       VALUES (2, 1, 1, '2026-03-20', now()), (3, 1, 1, '2026-01-02', now())""",
    "SELECT 1",
)
CHANGED = (
    "SELECT id FROM sessions ORDER BY id",
    "SELECT user_id, key FROM idempotency_keys ORDER BY user_id, key",
    "SELECT id FROM audit_log ORDER BY id",
    "SELECT id FROM webhooks ORDER BY id",
    "SELECT id, appointment_id, kind, channel, status, body FROM notifications ORDER BY id",
    "SELECT id FROM waitlist_entries ORDER BY id",
)
SUBJECTS = {"client": (2, 31, 999_999), "barber": (1, 2, 999_999), "service": (1, 7, 999_999), "": (None,)}
CASES = [(duty, subject_id) for duty in DUTIES for subject_id in SUBJECTS[duty.subject or ""]]
AFTER = build("after")


@pytest.mark.parametrize(
    "chosen", [AFTER, build("after", removed=["set_based_sql"])], ids=lambda chosen: chosen.id
)
def test_every_variant_finds_and_changes_what_before_does(chosen: Build, clone: Clone) -> None:
    expected, expected_effects = _all_done(build("before"), clone)
    reports, effects = _all_done(chosen, clone)

    assert reports == expected
    assert effects == expected_effects


def test_every_part_of_a_duty_has_something_to_find(clone: Clone) -> None:
    """A part that finds nothing in either variant would prove nothing."""
    reports, _ = _all_done(AFTER, clone)
    found: dict[tuple[str, str], bool] = {}
    for (duty, _), report in reports:
        for part, rows in report.items():
            is_something = any(value for row in rows for value in row.values())
            found[duty, part] = found.get((duty, part), False) or is_something

    assert [part for part, is_something in found.items() if not is_something] == []


def test_each_reminder_is_queued_once_and_what_was_purged_stays_away(clone: Clone) -> None:
    url = clone(AFTER.components.migrations)
    asyncio.run(run_sql(url, *TROUBLE))
    by_id = {duty.id: duty for duty in DUTIES}

    first, second = ([_done(AFTER, url, by_id[name], None) for name in ("remind", "purge")] for _ in range(2))

    assert first[0]["reminders"] != []
    assert second[0]["reminders"] == []
    assert {row["row_count"] for rows in second[1].values() for row in rows} == {0}


def test_the_command_prints_the_report_as_json(clone: Clone) -> None:
    url = clone(AFTER.components.migrations)

    result = run("duty", "export-client", "--id", "1", "--variant", "after", "--database-url", url)

    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["client"][0]["email"] == "client000001@example.test"


def test_the_command_refuses_an_impossible_id_and_the_data_of_another_variant(clone: Clone) -> None:
    options = ("--variant", "after", "--database-url", clone(()))

    for arguments, sentence in (
        (("duty", "pay-out", "--id", "0", *options), "--id 0 is no id"),
        (("duty", "purge", *options), "load the data for this variant"),
    ):
        result = run(*arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert sentence in result.stderr


def _all_done(chosen: Build, clone: Clone) -> tuple[list[tuple[tuple[str, int | None], Report]], list[Any]]:
    url = clone(chosen.components.migrations)
    asyncio.run(run_sql(url, *TROUBLE))
    reports = [((duty.id, id_), _done(chosen, url, duty, id_)) for duty, id_ in CASES]
    return reports, [asyncio.run(run_sql(url, query)) for query in CHANGED]


def _done(chosen: Build, url: str, duty: Duty, subject_id: int | None) -> Report:
    return asyncio.run(perform(chosen.components, url, duty, subject_id))
