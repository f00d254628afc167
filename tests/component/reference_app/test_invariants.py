"""`data check` finds nothing in sound data, and each breach that is made."""

import asyncio

import asyncpg

from reference_app.storage.invariants import find_breaches
from tests.component.reference_app.conftest import Clone


def test_fresh_data_breaks_no_rule_and_each_breach_is_told(clone: Clone) -> None:
    url = clone(())

    assert asyncio.run(_check(url)) == []
    told = asyncio.run(
        _check(
            url,
            "UPDATE clients SET total_spent_cents = total_spent_cents + 1 WHERE id = 1",
            "INSERT INTO reviews (appointment_id, client_id, barber_id, rating, created_at, comment)"
            " SELECT appointment_id, client_id, barber_id, 1, created_at, '' FROM reviews LIMIT 1",
            seen=["appointment 1", "appointment 999999999", "appoint"],
        )
    )

    assert {line.split(":")[0] for line in told} == {
        "client-totals",
        "one-review-of-a-visit",
        "seen-by-a-client",
    }


async def _check(url: str, *statements: str, seen: list[str] | None = None) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
        return await find_breaches(connection, seen or [])
    finally:
        await connection.close()
