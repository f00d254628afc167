"""`indexes`: without it queries read whole tables, with it they do not; see also test_index_plans.py."""

import asyncio
from collections.abc import Callable
from typing import Any

from reference_app.storage.indexes import INDEXES, MIGRATION
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, database_url, run_sql, serve_and

NAMES = [index.name for index in INDEXES]


def test_the_migration_can_be_applied_twice(clone: Callable[[tuple[str, ...]], str]) -> None:
    url = clone((MIGRATION,))
    before = asyncio.run(run_sql(url, "SELECT count(*) FROM pg_indexes"))

    # PostgreSQL notes each index that is there already; nothing else happens.
    statements = [index.statement for index in INDEXES]
    asyncio.run(run_sql(url, "SET client_min_messages = warning", *statements, "SELECT 1"))

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
