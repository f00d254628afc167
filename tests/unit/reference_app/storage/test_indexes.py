from collections import Counter

from reference_app.storage.indexes import INDEXES, MIGRATION
from reference_app.storage.migrations import read_sql


def test_no_statement_of_the_file_is_overlooked() -> None:
    statements = [line for line in read_sql(MIGRATION).splitlines() if line.startswith("CREATE")]

    assert len(INDEXES) == len(statements)
    assert len({index.name for index in INDEXES}) == len(INDEXES)


def test_each_index_tells_its_table_its_queries_and_why() -> None:
    booked = next(index for index in INDEXES if index.name == "appointments_created_idx")

    assert (booked.table, booked.queries) == ("appointments", ("duty daily-report",))
    assert booked.purpose == "duty daily-report: what was booked yesterday, by location."
    assert all(index.purpose.count(":") == 1 and index.purpose.endswith(".") for index in INDEXES)


def test_live_each_is_built_concurrently_and_only_once() -> None:
    assert all(
        index.live_statement.startswith(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index.name}")
        for index in INDEXES
    )


def test_most_used_table_has_eight_not_twenty() -> None:
    """Each index on appointments costs every booking; twenty double it."""
    assert Counter(index.table for index in INDEXES)["appointments"] == 8
