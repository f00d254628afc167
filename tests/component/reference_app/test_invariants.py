"""`data check` finds nothing in sound data, and each breach that is made."""

import asyncio
from collections.abc import Sequence

import asyncpg

from reference_app.storage.invariants import INVARIANTS, find_breaches
from tests.component.reference_app.conftest import Clone

BREACHES = {
    "double-booking": (
        "ALTER TABLE appointments DROP CONSTRAINT appointments_no_double_booking",
        "UPDATE appointments SET barber_id = 1 WHERE status = 'completed'",
    ),
    "payments-are-their-splits": (
        "ALTER TABLE payments DROP CONSTRAINT payments_check",
        "UPDATE payments SET platform_fee_cents = platform_fee_cents + 1 WHERE id = 1",
    ),
    "refunds-within-payments": (
        "ALTER TABLE payments DROP CONSTRAINT payments_check1",
        "UPDATE payments SET refunded_cents = amount_cents + 1 WHERE id = 1",
    ),
    "paid-once": ("UPDATE payments SET appointment_id = 1 WHERE id IN (1, 2)",),
    "payments-belong-to-visits": ("UPDATE payments SET barber_id = 3 - barber_id WHERE barber_id IN (1, 2)",),
    "client-totals": ("UPDATE clients SET total_spent_cents = total_spent_cents + 1 WHERE id = 1",),
    "one-review-of-a-visit": (
        """INSERT INTO reviews (appointment_id, client_id, barber_id, rating, created_at, comment)
           SELECT appointment_id, client_id, barber_id, 1, created_at, '' FROM reviews LIMIT 1""",
    ),
    "one-place-in-the-waiting-list": (
        """INSERT INTO waitlist_entries (client_id, barber_id, service_id, day, created_at)
           SELECT 1, 1, 1, '2026-03-20', now() FROM generate_series(1, 2)""",
    ),
    "messages-are-settled": (
        "UPDATE notifications SET status = 'sending' WHERE id = (SELECT min(id) FROM notifications)",
    ),
    "keys-have-answers": ("INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES (1, 'k', 'h')",),
}
"""How each rule is broken; what the database itself would refuse needs its constraint dropped first."""


def test_fresh_data_breaks_no_rule(clone: Clone) -> None:
    assert asyncio.run(_check(clone(()))) == []


def test_every_rule_can_be_broken_and_is_told(clone: Clone) -> None:
    url = clone(())
    told = {rule: asyncio.run(_check(url, *statements)) for rule, statements in BREACHES.items()}

    assert set(BREACHES) == {invariant.id for invariant in INVARIANTS}
    for rule, lines in told.items():
        assert rule in {line.partition(":")[0] for line in lines}, lines


def test_what_a_client_was_told_and_is_not_there_is_told(clone: Clone) -> None:
    seen = ["appointment 1", "appointment 999999999", "payment 999999999", "appoint"]

    assert asyncio.run(_check(clone(()), seen=seen)) == [
        "seen-by-a-client: appointment 999999999 is not there",
        "seen-by-a-client: payment 999999999 is not there",
    ]


async def _check(url: str, *statements: str, seen: Sequence[str] = ()) -> list[str]:
    """Change the data, check them, and take the changes back."""
    connection = await asyncpg.connect(url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        for statement in statements:
            await connection.execute(statement)
        return await find_breaches(connection, seen)
    finally:
        await transaction.rollback()
        await connection.close()
