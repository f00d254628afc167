"""Everything that is drawn of one endpoint: distribution, tail, change by quantile, heat maps."""

from reports.html.charts.chart import Chart, NotEnoughData
from reports.html.charts.ecdf import draw_ecdf
from reports.html.charts.heat import draw_heat
from reports.html.charts.nines import draw_nines
from reports.html.charts.shift import draw_shift
from reports.metrics import stat_title
from reports.number_text import change_text, percentage_text, value_text
from reports.results import ALL_ENDPOINTS, Distribution, HeatMap, Results, Shift
from reports.targets import Target, absolute_target
from reports.visible_text import short_name

_METRIC = "response_time"
_HEAT_NEEDS = 200
"""Good requests of each variant from which the harness counts a heat map."""


def draw_endpoint(
    results: Results, distribution: Distribution, *, chart_id: str
) -> tuple[Chart | NotEnoughData, ...]:
    """Draw what there is of the endpoint that a distribution is of; `chart_id` begins every id."""
    endpoint = distribution.endpoint
    subject = "all requests" if endpoint == ALL_ENDPOINTS else short_name(endpoint)
    target = _target(results, distribution)
    return (
        draw_ecdf(
            distribution,
            chart_id=f"{chart_id}-ecdf",
            subject=subject,
            caption=_caption(results, distribution),
            target=target,
        ),
        draw_nines(distribution, chart_id=f"{chart_id}-nines", subject=subject, target=target),
        _shift(results, endpoint, subject, chart_id=f"{chart_id}-shift"),
        _heat(results, endpoint, subject, chart_id=f"{chart_id}-heat"),
    )


def _shift(results: Results, endpoint: str, subject: str, *, chart_id: str) -> Chart | NotEnoughData:
    found: Shift | None = next((one for one in results.shifts if one.endpoint == endpoint), None)
    if found:
        return draw_shift(
            found, chart_id=chart_id, subject=subject, confidence=percentage_text(results.confidence)
        )
    compared = results.comparison(endpoint, _METRIC, "p50")
    return NotEnoughData(
        subject=f"Change by quantile of {subject}",
        found=min(compared.before_count, compared.after_count) if compared else 0,
        needed=1,
        noun="requests of each variant",
        reason=compared.reason.removeprefix("not resolvable: ") if compared else "",
    )


def _heat(results: Results, endpoint: str, subject: str, *, chart_id: str) -> Chart | NotEnoughData:
    maps: dict[str, HeatMap] = {one.variant: one for one in results.heat_maps if one.endpoint == endpoint}
    before, after = maps.get(results.variant_id("before")), maps.get(results.variant_id("after"))
    if before and after and before.counts and after.counts:
        return draw_heat(before, after, chart_id=chart_id, subject=subject)
    compared = results.comparison(endpoint, _METRIC, "p50")
    return NotEnoughData(
        subject=f"Heat maps of {subject}",
        found=min(compared.before_count, compared.after_count) if compared else 0,
        needed=_HEAT_NEEDS,
        noun="good requests of each variant",
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
