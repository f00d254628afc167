"""What must hold in the database after any load, in every variant: nobody is in two places, money adds up.

Each statement finds what breaks its rule; on sound data all find nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_SHOWN = 5
"""Examples that are told of each broken rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A rule, and the statement that answers one row, with what breaks it in words, for each breach."""

    id: str
    sql: str


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        id="double-booking",
        sql="""
            SELECT 'barber ' || barber_id || ' is busy twice at ' || starts_at AS breach
              FROM (SELECT barber_id, starts_at,
                           max(blocked_until) OVER (PARTITION BY barber_id ORDER BY starts_at, id
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
                      FROM appointments
                     WHERE status IN ('pending', 'confirmed', 'completed')) busy
             WHERE starts_at < busy_until""",
    ),
    Invariant(
        id="payments-are-their-splits",
        sql="""
            SELECT 'payment ' || id || ' of ' || amount_cents || ' is split into others' AS breach
              FROM payments
             WHERE amount_cents <> platform_fee_cents + commission_cents + barber_cents
                OR least(platform_fee_cents, commission_cents, barber_cents) < 0""",
    ),
    Invariant(
        id="refunds-within-payments",
        sql="""
            SELECT 'payment ' || id || ': ' || refunded_cents || ' given back' AS breach FROM payments
             WHERE refunded_cents < 0 OR refunded_cents > amount_cents""",
    ),
    Invariant(
        id="paid-once",
        sql="""
            SELECT 'appointment ' || appointment_id || ' is paid ' || count(*) || ' times' AS breach
              FROM payments GROUP BY appointment_id HAVING count(*) > 1""",
    ),
    Invariant(
        id="payments-belong-to-visits",
        sql="""
            SELECT 'payment ' || p.id || ' does not match appointment ' || a.id AS breach
              FROM payments p
              JOIN appointments a ON a.id = p.appointment_id
             WHERE a.status <> 'completed' OR p.amount_cents <> a.price_cents
                OR (p.client_id, p.barber_id, p.location_id) <> (a.client_id, a.barber_id, a.location_id)""",
    ),
    Invariant(
        id="client-totals",
        sql="""
            SELECT 'client ' || c.id || ' has totals that are not the sums' AS breach
              FROM clients c
              LEFT JOIN (SELECT client_id, sum(amount_cents - refunded_cents) AS spent
                           FROM payments GROUP BY client_id) p ON p.client_id = c.id
              LEFT JOIN (SELECT client_id, count(*) AS visits
                           FROM appointments WHERE status = 'completed' GROUP BY client_id) v
                     ON v.client_id = c.id
             WHERE c.total_spent_cents <> coalesce(p.spent, 0) OR c.visit_count <> coalesce(v.visits, 0)""",
    ),
    Invariant(
        id="one-review-of-a-visit",
        sql="""
            SELECT 'appointment ' || r.appointment_id || ' has a review too many' AS breach
              FROM reviews r
              JOIN appointments a ON a.id = r.appointment_id
             GROUP BY r.appointment_id, a.status
            HAVING count(*) > 1 OR a.status <> 'completed'""",
    ),
    Invariant(
        id="one-place-in-the-waiting-list",
        sql="""
            SELECT 'client ' || client_id || ' waits twice for barber ' || barber_id AS breach
              FROM waitlist_entries
             WHERE created_at > (SELECT value::date FROM application_settings WHERE name = 'anchor_date')
             GROUP BY client_id, barber_id, day HAVING count(*) > 1""",
    ),
    Invariant(
        id="messages-are-settled",
        sql="""
            SELECT 'notification ' || id || ' was taken, and neither sent nor failed' AS breach
              FROM notifications WHERE status = 'sending'""",
    ),
    Invariant(
        id="keys-have-answers",
        sql="""
            SELECT 'idempotency key of user ' || user_id || ' has no answer' AS breach
              FROM idempotency_keys WHERE response = ''""",
    ),
)

CREATED_KINDS = {
    "appointment": "appointments",
    "payment": "payments",
    "review": "reviews",
    "waitlist_entry": "waitlist_entries",
}
"""What a client can be told to have been created, and the table where it must then be."""
_SEEN_LINE = re.compile(rf"({'|'.join(CREATED_KINDS)}) ([0-9]{{1,18}})")


async def find_breaches(connection: Any, seen: Iterable[str] = ()) -> list[str]:
    """Check every rule and answer a line for each breach, some examples of each rule.

    Args:
        connection: a plain asyncpg connection.
        seen: lines such as `appointment 17`: what clients were told to have been created. Other lines, as a
            last one that was cut short, tell nothing.
    """
    breaches: list[str] = []
    for invariant in INVARIANTS:
        rows = await connection.fetch(invariant.sql)
        breaches += _told(invariant.id, [row["breach"] for row in rows])
    for kind, ids in _by_kind(seen).items():
        rows = await connection.fetch(
            f"SELECT id FROM unnest($1::bigint[]) id WHERE id NOT IN (SELECT id FROM {CREATED_KINDS[kind]})",  # noqa: S608 - one of our own tables
            ids,
        )
        breaches += _told("seen-by-a-client", [f"{kind} {row['id']} is not there" for row in rows])
    return breaches


def _told(invariant_id: str, breaches: Sequence[str]) -> list[str]:
    told = [f"{invariant_id}: {breach}" for breach in breaches[:_SHOWN]]
    if len(breaches) > _SHOWN:
        told.append(f"{invariant_id}: and {len(breaches) - _SHOWN} more")
    return told


def _by_kind(seen: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for line in seen:
        match = _SEEN_LINE.fullmatch(line.strip())
        if match:
            found.setdefault(match[1], []).append(int(match[2]))
    return found
