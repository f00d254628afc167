"""Every endpoint, least improved first, and all that is known of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.findings import EndpointRow, endpoint_rows
from reports.html.charts.chart import Chart, NotEnoughData
from reports.html.charts.of_endpoint import draw_endpoint
from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, Comparison, Results

_MAX_ROWS = 200
_MAX_DETAILS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details:
    """One endpoint unfolded."""

    id: str
    endpoint: str
    charts: tuple[Chart | NotEnoughData, ...]
    comparisons: tuple[Comparison, ...]


def _content(results: Results) -> Mapping[str, object]:
    rows = endpoint_rows(results)
    details = _details(results, rows)
    return {
        "rows": rows[:_MAX_ROWS],
        "more_count": max(0, len(rows) - _MAX_ROWS),
        "details": details,
        "details_more_count": max(0, len(results.endpoints) - _MAX_DETAILS),
        "anchors": {one.endpoint: one.id for one in details},
        "has_server_timing": any(row.db_time or row.query_count for row in rows),
    }


def _details(results: Results, rows: tuple[EndpointRow, ...]) -> list[_Details]:
    distributions = {one.endpoint: one for one in results.distributions}
    shown = [row.endpoint for row in rows if row.endpoint != ALL_ENDPOINTS][:_MAX_DETAILS]
    return [
        _Details(
            id=(own_id := f"endpoint-{index}"),
            endpoint=endpoint,
            charts=draw_endpoint(results, distributions[endpoint], chart_id=own_id)
            if endpoint in distributions
            else (),
            comparisons=tuple(one for one in results.comparisons if one.endpoint == endpoint),
        )
        for index, endpoint in enumerate(shown, start=1)
    ]


ENDPOINTS = Section(
    id="endpoints",
    title="Endpoints",
    part="engineer",
    template="endpoints.html",
    content=_content,
    applies=compares_requests,
)
