"""The whole distribution of the response times: of all requests, then of each endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.findings import endpoint_rows
from reports.html.charts.chart import Chart, NotEnoughData
from reports.html.charts.ecdf import draw_ecdf
from reports.html.section import Section, compares_requests
from reports.metrics import stat_title
from reports.number_text import change_text, value_text
from reports.results import ALL_ENDPOINTS, Distribution, Results
from reports.targets import Target, absolute_target
from reports.visible_text import short_name

_MAX_ENDPOINTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndpointChart:
    name: str
    chart: Chart | NotEnoughData


def _content(results: Results) -> Mapping[str, object]:
    order = {row.endpoint: position for position, row in enumerate(endpoint_rows(results))}
    mixed = [d for d in results.distributions if d.endpoint == ALL_ENDPOINTS]
    single = sorted(
        (d for d in results.distributions if d.endpoint != ALL_ENDPOINTS),
        key=lambda d: order.get(d.endpoint, len(order)),
    )
    shown = single[:_MAX_ENDPOINTS]
    return {
        "all_charts": [_draw(results, d, f"ecdf-all-{i}").chart for i, d in enumerate(mixed, start=1)],
        "endpoint_charts": [_draw(results, d, f"ecdf-{i}") for i, d in enumerate(shown, start=1)],
        "more_count": len(single) - len(shown),
    }


def _draw(results: Results, distribution: Distribution, chart_id: str) -> _EndpointChart:
    is_all = distribution.endpoint == ALL_ENDPOINTS
    name = "all requests" if is_all else short_name(distribution.endpoint)
    return _EndpointChart(
        name=name,
        chart=draw_ecdf(
            distribution,
            chart_id=chart_id,
            subject=name,
            caption=_caption(results, distribution),
            target=_target(results, distribution),
        ),
    )


def _caption(results: Results, distribution: Distribution) -> str:
    """State what was found; further left is faster."""
    found = results.comparison(distribution.endpoint, distribution.metric, "p50")
    if found is None or found.before is None or found.after is None:
        return "Further left is faster."
    return (
        f"The {stat_title(found.stat)} goes from {value_text(found.before)} to {value_text(found.after)} "
        f"({change_text(found.change)}). Further left is faster."
    )


def _target(results: Results, distribution: Distribution) -> Target | None:
    about = (
        k for k in results.kpis if k.endpoint == distribution.endpoint and k.metric == distribution.metric
    )
    targets = (absolute_target(kpi, "ms") for kpi in about)
    return next((target for target in targets if target and target.value > 0), None)


DISTRIBUTIONS = Section(
    id="distributions",
    title="Distributions",
    template="distributions.html",
    content=_content,
    applies=compares_requests,
)
