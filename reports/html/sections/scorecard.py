"""The KPI scorecard: each claim with its target, what was measured and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.html.charts.kpi_dumbbell import draw_kpi_dumbbell
from reports.html.section import Section
from reports.number_text import margin_text
from reports.results import Kpi, Results
from reports.targets import margin, parse_target


@dataclass(frozen=True, slots=True, kw_only=True)
class _TargetLine:
    """One target and how far it is; no words where nothing was measured for it."""

    text: str
    margin: str


def _content(results: Results) -> Mapping[str, object]:
    return {
        "chart": draw_kpi_dumbbell(results.kpis, chart_id="kpi-chart") if results.kpis else None,
        "reasons": [_reason_without_change(results, kpi) for kpi in results.kpis],
        "targets": [[_target_line(kpi, text) for text in kpi.targets] for kpi in results.kpis],
        "has_claims": any(kpi.claim for kpi in results.kpis),
    }


def _target_line(kpi: Kpi, text: str) -> _TargetLine:
    target = parse_target(text)
    room = margin(kpi, target) if target else None
    return _TargetLine(
        text=text, margin=margin_text(room.value, room.low, room.high, room.unit) if room else ""
    )


def _reason_without_change(results: Results, kpi: Kpi) -> str:
    """Find why a change is missing: the comparison that the KPI is about tells it."""
    compared = results.comparison(kpi.endpoint, kpi.metric, kpi.stat)
    return compared.reason if compared else ""


SCORECARD = Section(
    id="kpis", title="KPI scorecard", part="manager", template="scorecard.html", content=_content
)
