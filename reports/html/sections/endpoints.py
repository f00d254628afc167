"""Every endpoint, least improved first."""

from collections.abc import Mapping

from reports.findings import endpoint_rows
from reports.html.section import Section, compares_requests
from reports.results import Results

_MAX_ROWS = 200


def _content(results: Results) -> Mapping[str, object]:
    rows = endpoint_rows(results)
    return {
        "rows": rows[:_MAX_ROWS],
        "more_count": max(0, len(rows) - _MAX_ROWS),
        "has_server_timing": any(row.db_time or row.query_count for row in rows),
    }


ENDPOINTS = Section(
    id="endpoints", title="Endpoints", template="endpoints.html", content=_content, applies=compares_requests
)
