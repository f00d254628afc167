"""What the secondary indexes cost who writes: time and log of a row, with and without them, in turns."""

import asyncio
import json
from collections.abc import Callable
from statistics import median
from typing import Any

from reference_app.storage.connections import connect
from reference_app.storage.indexes import INDEXES
from tests.benchmarks.reference_server import database_of, postgres_in_an_empty_folder
from tests.benchmarks.table import Table

ROWS = 2_000
TURNS = 9
MOST_RATIO = 2.0
BOOKING = "book: insert an appointment"

# Written rows are copies of the newest ones; each turn is rolled back.
WRITES = {
    BOOKING: (
        "appointments",
        """INSERT INTO appointments (location_id, barber_id, client_id, service_id, starts_at, ends_at,
                  blocked_until, price_cents, status, source, notes)
           SELECT location_id, barber_id, client_id, service_id, starts_at + interval '3650 days',
                  ends_at + interval '3650 days', blocked_until + interval '3650 days', price_cents, status,
                  source, notes
             FROM appointments""",
    ),
    "move: change an appointment's time": (
        "appointments",
        """UPDATE appointments
              SET starts_at = starts_at + interval '3650 days', ends_at = ends_at + interval '3650 days',
                  blocked_until = blocked_until + interval '3650 days', version = version + 1""",
    ),
    "cancel: change an appointment's state": (
        "appointments",
        "UPDATE appointments SET status = 'cancelled', cancelled_at = now(), version = version + 1",
    ),
    "pay: insert a payment": (
        "payments",
        """INSERT INTO payments (appointment_id, location_id, barber_id, client_id, amount_cents,
                  platform_fee_cents, barber_cents, commission_cents, paid_at, method, reference)
           SELECT appointment_id, location_id, barber_id, client_id, amount_cents, platform_fee_cents,
                  barber_cents, commission_cents, paid_at, method, reference FROM payments""",
    ),
    "refund: change a payment": ("payments", "UPDATE payments SET refunded_cents = amount_cents"),
    "pay, refund: change a client's total": (
        "clients",
        "UPDATE clients SET total_spent_cents = total_spent_cents + 1",
    ),
    "queue: insert a message": (
        "notifications",
        """INSERT INTO notifications (appointment_id, kind, channel, status, body)
           SELECT appointment_id, kind, channel, 'queued', body FROM notifications""",
    ),
    "send: change a message's state": ("notifications", "UPDATE notifications SET status = 'sending'"),
    "review: insert a review": (
        "reviews",
        """INSERT INTO reviews (appointment_id, client_id, barber_id, rating, created_at, comment)
           SELECT appointment_id, client_id, barber_id, rating, created_at, comment FROM reviews""",
    ),
    "any signed-in request: insert a line of the audit trail": (
        "audit_log",
        "INSERT INTO audit_log (user_id, action, status) SELECT user_id, action, status FROM audit_log",
    ),
    "log in: insert a session": (
        "sessions",
        """INSERT INTO sessions (user_id, user_agent, expires_at)
           SELECT user_id, user_agent, expires_at FROM sessions""",
    ),
}


def measure(say: Callable[[str], None], scale: float) -> Table:
    """Write the same rows with and without the indexes, in turns."""
    with (
        postgres_in_an_empty_folder(say) as postgres,
        database_of(postgres, "before", scale, say) as plain,
        database_of(postgres, "after", scale, say) as indexed,
    ):
        costs = asyncio.run(_costs(plain, indexed, say))
    ratio = costs[BOOKING][1][0] / costs[BOOKING][0][0]
    return Table(
        title="What the secondary indexes cost who writes",
        claim=f"inserting an appointment takes at most {MOST_RATIO:g} times as long with its indexes",
        columns=(
            "what",
            "indexes",
            "without, us a row",
            "with, us a row",
            "ratio",
            "log without, bytes a row",
            "log with, bytes a row",
        ),
        rows=tuple(_row(name, *pair) for name, pair in costs.items()),
        holds=ratio <= MOST_RATIO,
        note=f"Scale {scale:g}; {ROWS:,} rows a statement, medians of {TURNS} turns, as PostgreSQL times the"
        " statement, its checks of constraints and foreign keys included.",
    )


Cost = tuple[float, float]
"""Microseconds and bytes of log, a row."""


async def _costs(plain: str, indexed: str, say: Callable[[str], None]) -> dict[str, tuple[Cost, Cost]]:
    both = [await connect(url) for url in (plain, indexed)]
    try:
        costs = {}
        for name, (table, write) in WRITES.items():
            turns = [[await _cost(connection, table, write) for connection in both] for _ in range(TURNS + 1)]
            # The first turn reads the rows and pages that the others find in memory.
            without, with_them = (
                (median(cost[0] for cost in side), median(cost[1] for cost in side))
                for side in zip(*turns[1:], strict=True)
            )
            costs[name] = without, with_them
            say(f"{name}: {without[0]:.1f} without, {with_them[0]:.1f} us with")
        return costs
    finally:
        for connection in both:
            await connection.close()


async def _cost(connection: Any, table: str, write: str) -> Cost:
    """Write some rows and take them back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        chosen = f"WHERE id IN (SELECT id FROM {table} ORDER BY id DESC LIMIT {ROWS})"
        text = await connection.fetchval(f"EXPLAIN (ANALYZE, WAL, FORMAT JSON) {write} {chosen}")
    finally:
        await transaction.rollback()
    (explained,) = json.loads(text)
    return 1e3 * explained["Execution Time"] / ROWS, explained["Plan"]["WAL Bytes"] / ROWS


def _row(name: str, without: Cost, with_them: Cost) -> tuple[str, ...]:
    table = WRITES[name][0]
    return (
        name,
        f"{sum(index.table == table for index in INDEXES)}",
        f"{without[0]:.1f}",
        f"{with_them[0]:.1f}",
        f"{with_them[0] / without[0]:.2f}",
        f"{without[1]:.0f}",
        f"{with_them[1]:.0f}",
    )
