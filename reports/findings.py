"""The comparisons as people need them: endpoints worst first, what got worse, what is unknown.

Only the signs of the measured intervals are read here; verdicts come with the results.
"""

from dataclasses import dataclass

from reports.metrics import direction_word, is_higher_better, is_on_worse_side
from reports.results import ALL_ENDPOINTS, Comparison, Kpi, Results


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """Everything that was compared on one endpoint; None where the run does not hold it."""

    endpoint: str
    response_p50: Comparison | None
    response_p95: Comparison | None
    response_p99: Comparison | None
    rate: Comparison | None
    service_p50: Comparison | None
    error_share: Comparison | None
    db_time: Comparison | None
    query_count: Comparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All comparisons of a run, each in exactly one group."""

    worse: tuple[Comparison, ...]
    """The change's interval lies wholly on the worse side."""
    better: tuple[Comparison, ...]
    unclear: tuple[Comparison, ...]
    """The interval holds no change as well."""
    same: tuple[Comparison, ...]
    """Exactly no change."""
    unresolved: tuple[Comparison, ...]
    """No change can be given."""
    suspects: tuple[Comparison, ...]
    """Those of the unresolved whose after is on the worse side of before; not to be overlooked."""


def endpoint_rows(results: Results) -> tuple[EndpointRow, ...]:
    """Give the whole mix first, then each endpoint, least improved first; without a known change last."""
    rows = [_endpoint_row(results, endpoint) for endpoint in results.endpoints]
    mix = _endpoint_row(results, ALL_ENDPOINTS)
    return (*((mix,) if mix.response_p50 else ()), *sorted(rows, key=_least_improved_first))


def find(results: Results) -> Findings:
    """Group the comparisons by what their change's interval says; the largest change comes first."""
    groups: dict[str, list[Comparison]] = {}
    unresolved = []
    for comparison in results.comparisons:
        if comparison.change is None:
            unresolved.append(comparison)
        else:
            groups.setdefault(direction_word(comparison.metric, comparison.change), []).append(comparison)
    return Findings(
        worse=_largest_first(groups.get("worse", [])),
        better=_largest_first(groups.get("better", [])),
        unclear=_largest_first(groups.get("unclear", [])),
        same=tuple(groups.get("same", [])),
        unresolved=tuple(unresolved),
        suspects=tuple(c for c in unresolved if is_on_worse_side(c)),
    )


def headline_kpi(results: Results) -> Kpi | None:
    """Choose the KPI that stands for the run: the first blocking one whose change is known."""
    known = [kpi for kpi in results.kpis if kpi.change and kpi.before and kpi.after]
    return next((kpi for kpi in known if kpi.is_blocking), known[0] if known else None)


def _endpoint_row(results: Results, endpoint: str) -> EndpointRow:
    return EndpointRow(
        endpoint=endpoint,
        response_p50=results.comparison(endpoint, "response_time", "p50"),
        response_p95=results.comparison(endpoint, "response_time", "p95"),
        response_p99=results.comparison(endpoint, "response_time", "p99"),
        rate=results.comparison(endpoint, "achieved_rate", "mean"),
        service_p50=results.comparison(endpoint, "service_time", "p50"),
        error_share=results.comparison(endpoint, "error_share", "share", "mean"),
        db_time=results.comparison(endpoint, "db_time", "mean", "p50"),
        query_count=results.comparison(endpoint, "query_count", "mean", "p50"),
    )


def _least_improved_first(row: EndpointRow) -> tuple[bool, float, str]:
    change = row.response_p50.change if row.response_p50 else None
    return (change is None, -change.value if change else 0.0, row.endpoint)


def _largest_first(comparisons: list[Comparison]) -> tuple[Comparison, ...]:
    return tuple(sorted(comparisons, key=_goodness))


def _goodness(comparison: Comparison) -> float:
    value = comparison.change.value if comparison.change else 0.0
    return value if is_higher_better(comparison.metric) else -value
