"""What the servers took: memory and CPU."""

from collections.abc import Mapping

from reports.html.charts.resources import draw_resources
from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, Results


def _content(results: Results) -> Mapping[str, object]:
    return {
        "memory": results.comparison(ALL_ENDPOINTS, "memory_uss", "last", "mean", "p50"),
        "cpu": results.comparison(ALL_ENDPOINTS, "cpu_time", "mean", "p50"),
        "chart": draw_resources(results, chart_id="resources-chart"),
    }


RESOURCES = Section(
    id="resources",
    title="Memory and CPU",
    part="engineer",
    template="resources.html",
    content=_content,
    applies=compares_requests,
)
