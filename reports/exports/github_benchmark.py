"""JSON for github-action-benchmark: a file for customSmallerIsBetter, one for customBiggerIsBetter."""

from reports.exports.export import Export, json_text
from reports.kpi_words import trusted_kpis
from reports.metrics import is_higher_better, measured_title
from reports.number_text import counted, number_text
from reports.results import ALL_ENDPOINTS, Kpi, Results


def _render(results: Results) -> dict[str, str]:
    kpis = [kpi for kpi in trusted_kpis(results) if kpi.after is not None]
    return {
        "gab-smaller.json": json_text([_entry(kpi) for kpi in kpis if not is_higher_better(kpi.metric)]),
        "gab-bigger.json": json_text([_entry(kpi) for kpi in kpis if is_higher_better(kpi.metric)]),
    }


def _entry(kpi: Kpi) -> dict[str, object]:
    if kpi.after is None:
        raise AssertionError(f"{kpi.id} was let through without a number")
    after = kpi.after
    where = "all requests" if kpi.endpoint == ALL_ENDPOINTS else kpi.endpoint
    return {
        "name": kpi.id,
        "unit": after.unit,
        "value": after.value,
        "range": f"{number_text(after.low, unit=after.unit)} to {number_text(after.high, unit=after.unit)}",
        "extra": f"{measured_title(kpi.metric, kpi.stat)}, {where}, {counted(after.sample_count, 'sample')}",
    }


GITHUB_BENCHMARK = Export(id="github-benchmark", purpose="github-action-benchmark", render=_render)
