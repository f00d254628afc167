"""Capacity: the highest rate that holds the SLO, latency against rate, and how throughput scales."""

from collections.abc import Mapping

from reports.html.charts.capacity import draw_latency_by_rate, draw_scalability
from reports.html.section import Section
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    capacity = results.known_capacity
    if capacity is None:
        raise ValueError("no capacity was searched")
    return {
        "capacity": capacity,
        "source": results.capacity_run if results.capacity is None else None,
        "latency_chart": draw_latency_by_rate(capacity, chart_id="capacity-latency-chart"),
        "law_chart": draw_scalability(capacity, chart_id="capacity-law-chart"),
    }


CAPACITY = Section(
    id="capacity",
    title="Capacity",
    part="engineer",
    template="capacity.html",
    content=_content,
    applies=lambda results: results.known_capacity is not None,
)
