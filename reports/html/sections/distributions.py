"""The response times of all requests: distribution, tail, change by quantile, over time."""

from collections.abc import Mapping

from reports.html.charts.of_endpoint import draw_endpoint
from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, Results


def _content(results: Results) -> Mapping[str, object]:
    mixed = [one for one in results.distributions if one.endpoint == ALL_ENDPOINTS]
    return {
        "charts": [
            chart
            for index, one in enumerate(mixed, start=1)
            for chart in draw_endpoint(results, one, chart_id=f"all-{index}")
        ]
    }


DISTRIBUTIONS = Section(
    id="distributions",
    title="Response times of all requests",
    part="engineer",
    template="distributions.html",
    content=_content,
    applies=compares_requests,
)
