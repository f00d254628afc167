"""`indexes`: without it queries read whole tables, with it each index serves the query that it names."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from reference_app.storage.migrations import read_sql
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, database_url, run_sql, serve_and

MIGRATION = "critical_performance_indexes.sql"
NAMES = re.findall(r"CREATE INDEX IF NOT EXISTS (\w+)", read_sql(MIGRATION))

QUERIES = {
    "users_email_idx": "SELECT * FROM users WHERE email = 'client000007@example.test'",
    "mfa_devices_user_idx": "SELECT FROM mfa_devices WHERE user_id = 1",
    "appointments_barber_starts_idx": """
        SELECT starts_at, blocked_until FROM appointments
         WHERE barber_id = ANY (ARRAY[1, 2]) AND starts_at >= '2026-03-17' AND starts_at < '2026-03-18'
           AND status IN ('pending', 'confirmed', 'completed')""",
    "appointments_location_starts_idx": """
        SELECT * FROM appointments
         WHERE location_id = 1 AND starts_at >= '2026-03-17' AND starts_at < '2026-03-18'""",
    "appointments_client_starts_idx": """
        SELECT * FROM appointments WHERE client_id = 1 ORDER BY starts_at DESC, id DESC LIMIT 50""",
    "payments_client_idx": "SELECT sum(amount_cents - refunded_cents) FROM payments WHERE client_id = 1",
    "payments_paid_at_idx": """
        SELECT location_id, barber_id, sum(amount_cents - refunded_cents) FROM payments
         WHERE paid_at >= '2026-03-01' AND paid_at < '2026-03-08' GROUP BY 1, 2""",
    "barber_availability_barber_idx": """
        SELECT starts_at, ends_at FROM barber_availability WHERE barber_id = 1 AND weekday = 2""",
    "barber_time_off_barber_idx": """
        SELECT starts_at, ends_at FROM barber_time_off
         WHERE barber_id = 1 AND ends_at > '2026-03-17' AND starts_at < '2026-03-18'""",
    "clients_email_idx": "SELECT id, full_name FROM clients WHERE email = 'client000007@example.test'",
    "clients_search_name_idx": """
        SELECT id, full_name FROM clients
         WHERE search_name ~>=~ 'zoe a' AND search_name ~<~ 'zoe a\U0010ffff'
         ORDER BY search_name COLLATE "C", id LIMIT 20""",
    "barber_special_availability_barber_idx": """
        SELECT starts_at, ends_at FROM barber_special_availability
         WHERE barber_id = 1 AND day = '2026-03-22'""",
    "payments_appointment_idx": "SELECT id FROM payments WHERE appointment_id = 77",
    "reviews_barber_created_idx": """
        SELECT id, rating, comment FROM reviews WHERE barber_id = 1
         ORDER BY created_at DESC, id DESC LIMIT 10""",
    "reviews_appointment_idx": "SELECT id FROM reviews WHERE appointment_id = 77",
    "notifications_queue_idx": "SELECT id FROM notifications WHERE status = 'queued'",
    "waitlist_entries_barber_day_idx": """
        SELECT id FROM waitlist_entries WHERE barber_id = 1 AND day = '2026-03-20'""",
    "barbers_location_idx": "SELECT id, full_name FROM barbers WHERE location_id = 1 AND is_active",
}
SMALL_TABLES = {
    "barber_availability_barber_idx",
    "barber_special_availability_barber_idx",
    "barber_time_off_barber_idx",
    "barbers_location_idx",
    "mfa_devices_user_idx",
    "waitlist_entries_barber_day_idx",
}
"""Tables of a page or two are as cheap to read; a small scale only shows that the index can serve."""


def test_every_index_has_a_query_that_proves_it() -> None:
    assert sorted(QUERIES) == sorted(NAMES)


@pytest.mark.parametrize("index", NAMES)
def test_the_index_serves_its_query(index: str, postgres_url: str, large_templates: dict[Any, str]) -> None:
    indexed = database_url(postgres_url, large_templates[(MIGRATION,)])
    plain = database_url(postgres_url, large_templates[()])

    assert index in _plan(indexed, QUERIES[index], is_small=index in SMALL_TABLES)
    assert "Seq Scan" in _plan(plain, QUERIES[index], is_small=False)


def test_the_migration_can_be_applied_twice(clone: Callable[[tuple[str, ...]], str]) -> None:
    url = clone((MIGRATION,))
    before = asyncio.run(run_sql(url, "SELECT count(*) FROM pg_indexes"))

    # PostgreSQL notes each index that is there already; nothing else happens.
    asyncio.run(run_sql(url, "SET client_min_messages = warning", *_statements(), "SELECT 1"))

    assert asyncio.run(run_sql(url, "SELECT count(*) FROM pg_indexes")) == before


def test_before_has_no_secondary_index(postgres_url: str, large_templates: dict[Any, str]) -> None:
    query = """
        SELECT indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary AND NOT i.indisexclusion"""

    assert asyncio.run(run_sql(database_url(postgres_url, large_templates[()]), query)) == []
    indexed = asyncio.run(run_sql(database_url(postgres_url, large_templates[(MIGRATION,)]), query))
    assert sorted(row["name"] for row in indexed) == sorted(NAMES)


def test_looking_a_user_up_reads_the_table_without_and_the_index_with_it(
    clone: Callable[[tuple[str, ...]], str],
) -> None:
    assert _table_scans_of_a_history(build("before"), clone) >= 3
    assert _table_scans_of_a_history(build("before", added=["indexes"]), clone) == 0


def _table_scans_of_a_history(chosen: Any, clone: Callable[[tuple[str, ...]], str]) -> int:
    """Count sequential scans of users, appointments and payments that one client's history causes."""
    url = clone(chosen.components.migrations)

    async def work(backend: Backend) -> None:
        await backend.token("client")
        await run_sql(url, "SELECT pg_stat_reset()")
        answer = await backend.ask("GET", "/api/v2/clients/1/history", "client")
        assert answer.status == 200

    serve_and(chosen.components, url, work)
    rows = asyncio.run(
        run_sql(
            url,
            "SELECT sum(seq_scan)::integer AS scans FROM pg_stat_user_tables"
            " WHERE relname IN ('users', 'appointments', 'payments')",
        )
    )
    scans: int = rows[0]["scans"]
    return scans


def _plan(url: str, query: str, *, is_small: bool) -> str:
    setting = f"SET enable_seqscan = {'off' if is_small else 'on'}"
    return "\n".join(row[0] for row in asyncio.run(run_sql(url, setting, f"EXPLAIN {query}")))


def _statements() -> list[str]:
    return re.findall(r"CREATE INDEX[^;]+", read_sql(MIGRATION))
