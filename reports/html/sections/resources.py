"""What the servers took, memory and CPU, and what kept them waiting: their event loop and collections."""

from collections.abc import Mapping

from reports.html.charts.resources import draw_resources
from reports.html.charts.runtime import draw_runtime
from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, Results, Variant, VariantRuntime

_NOT_MEASURED = VariantRuntime(
    lag_p95_ms=None,
    longest_lag_ms=None,
    collections_per_1000=None,
    pause_per_request_ms=None,
    longest_pause_ms=None,
    reason="the run holds no reading of them",
)


def _content(results: Results) -> Mapping[str, object]:
    sides: tuple[Variant, ...] = results.sides or ()
    runtime = [(side.id, results.runtime.get(side.id, _NOT_MEASURED)) for side in sides]
    return {
        "memory": results.comparison(ALL_ENDPOINTS, "memory_uss", "last", "mean", "p50"),
        "cpu": results.comparison(ALL_ENDPOINTS, "cpu_time", "mean", "p50"),
        "chart": draw_resources(results, chart_id="resources-chart"),
        "runtime": runtime,
        "has_runtime": any(one.longest_lag_ms is not None for _, one in runtime),
        "runtime_chart": draw_runtime(results, chart_id="runtime-chart"),
    }


RESOURCES = Section(
    id="resources",
    title="Memory, CPU, garbage collection",
    part="engineer",
    template="resources.html",
    content=_content,
    applies=compares_requests,
)
