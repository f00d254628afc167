"""The KPI scorecard: each claim with its target, what was measured and what became of it."""

from collections.abc import Mapping

from reports.html.charts.kpi_dumbbell import draw_kpi_dumbbell
from reports.html.section import Section
from reports.results import Kpi, Results


def _content(results: Results) -> Mapping[str, object]:
    return {
        "chart": draw_kpi_dumbbell(results.kpis, chart_id="kpi-chart") if results.kpis else None,
        "reasons": [_reason_without_change(results, kpi) for kpi in results.kpis],
    }


def _reason_without_change(results: Results, kpi: Kpi) -> str:
    """Find why a change is missing: the comparison that the KPI is about tells it."""
    compared = results.comparison(kpi.endpoint, kpi.metric, kpi.stat)
    return compared.reason if compared else ""


SCORECARD = Section(id="kpis", title="KPI scorecard", template="scorecard.html", content=_content)
