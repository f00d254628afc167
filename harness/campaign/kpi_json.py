"""One judged KPI as results.json has it."""

from dataclasses import asdict
from typing import Any

from harness.model.measurement import Estimate
from harness.model.verdict import KpiVerdict


def kpi_as_json(kpi_verdict: KpiVerdict) -> dict[str, Any]:
    """Return a judged KPI as results.json has it."""
    kpi, comparison = kpi_verdict.kpi, kpi_verdict.comparison
    return {
        "id": kpi.id,
        "title": kpi.title,
        "why": kpi.why,
        "metric": kpi.metric,
        "stat": kpi.stat,
        "endpoint": kpi.endpoint,
        "phase": kpi.phase,
        "blocking": kpi.is_blocking,
        "outcome": kpi_verdict.verdict.outcome.value,
        "reason": kpi_verdict.verdict.reason,
        "before": _estimate(comparison.before) if comparison else None,
        "after": _estimate(comparison.after) if comparison else None,
        "change": _estimate(comparison.change) if comparison else None,
        "targets": [target.text for target in kpi.targets],
        "warn": [limit.text for limit in kpi.warn],
        "decide_on": kpi.decide_on,
        "claim": asdict(kpi.claim) if kpi.claim else None,
        "owner": kpi.owner,
        "line": kpi.line,
    }


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return asdict(estimate) if estimate else None
