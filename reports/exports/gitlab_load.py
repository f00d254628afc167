"""GitLab's load performance report: what it reads of k6's old summary export, and no more.

It calls any difference of two decimals a change, without asking for its noise: judge by the KPIs. Its p(90)
is left out, because this harness measures none.
"""

from reports.exports.export import Export, json_text
from reports.kpi_words import trusted_kpis
from reports.results import ALL_ENDPOINTS, Results


def _render(results: Results) -> dict[str, str]:
    kpis = trusted_kpis(results)
    metrics: dict[str, dict[str, float]] = {
        "checks": {
            "passes": sum(kpi.outcome in {"passed", "warned"} for kpi in kpis),
            "fails": sum(kpi.outcome not in {"passed", "warned"} for kpi in kpis)
            if kpis
            else len(results.kpis),
        }
    }
    if kpis:
        _add(metrics, results, "http_reqs", "rate", "achieved_rate", "mean")
        _add(metrics, results, "http_req_waiting", "p(95)", "response_time", "p95")
    return {"load-performance.json": json_text({"metrics": metrics})}


def _add(
    metrics: dict[str, dict[str, float]], results: Results, group: str, name: str, metric: str, stat: str
) -> None:
    found = results.comparison(ALL_ENDPOINTS, metric, stat)
    if found is not None and found.after is not None:
        metrics[group] = {name: found.after.value}


GITLAB_LOAD = Export(id="gitlab-load", purpose="GitLab's load performance report", render=_render)
