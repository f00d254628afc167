"""Bencher Metric Format: each KPI a benchmark, its metric the measure, our interval its bounds."""

from reports.exports.export import Export, json_text
from reports.kpi_words import trusted_kpis
from reports.results import Results


def _render(results: Results) -> dict[str, str]:
    content = {
        kpi.id: {
            f"{kpi.metric}-{kpi.stat}".replace("_", "-"): {
                "value": kpi.after.value,
                "lower_value": kpi.after.low,
                "upper_value": kpi.after.high,
            }
        }
        for kpi in trusted_kpis(results)
        if kpi.after is not None
    }
    return {"bmf.json": json_text(content)}


BENCHER = Export(id="bencher", purpose="Bencher", render=_render)
