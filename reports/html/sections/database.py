"""What the database did, and what the servers cost in memory and CPU."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, Results, Statement

_MAX_STATEMENTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _StatementRow:
    """One statement on both sides; None where it is not among the top statements of that variant."""

    query: str
    before: Statement | None
    after: Statement | None


def _content(results: Results) -> Mapping[str, object]:
    rows = _statement_rows(results)
    return {
        "rows": rows[:_MAX_STATEMENTS],
        "more_count": max(0, len(rows) - _MAX_STATEMENTS),
        "memory": results.comparison(ALL_ENDPOINTS, "memory_uss", "last", "mean", "p50"),
        "cpu": results.comparison(ALL_ENDPOINTS, "cpu_time", "mean", "p50"),
        "shown_counts": {side: len(results.queries.get(side, ())) for side in results.queries},
    }


def _statement_rows(results: Results) -> list[_StatementRow]:
    before = _by_query(results.queries.get(results.variant_id("before"), ()))
    after = _by_query(results.queries.get(results.variant_id("after"), ()))
    rows = [
        _StatementRow(query=query, before=before.get(query), after=after.get(query))
        for query in dict.fromkeys([*before, *after])
    ]
    return sorted(rows, key=lambda row: -max(s.total_ms for s in (row.before, row.after) if s))


def _by_query(statements: tuple[Statement, ...]) -> dict[str, Statement]:
    """Key statements by their text on one line; of equal texts (other roles or plans) the costliest stays."""
    one_line = [(" ".join(statement.query.split()), statement) for statement in statements]
    return dict(sorted(one_line, key=lambda pair: pair[1].total_ms))


DATABASE = Section(
    id="database",
    title="Database, memory and CPU",
    template="database.html",
    content=_content,
    applies=compares_requests,
)
