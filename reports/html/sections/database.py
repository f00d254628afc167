"""Where the time of a request goes: middleware by layer, other services, and the database's statements."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.html.charts.layers import draw_layers
from reports.html.section import Section, compares_requests
from reports.results import ALL_ENDPOINTS, ExternalCalls, Results, Side, Statement, VariantLayers

_MAX_STATEMENTS = 50
_MAX_PLANS = 10
_TIMES = (
    ("response_time", "p50"),
    ("db_time", "p50", "mean"),
    ("middleware_time", "mean", "p50"),
    ("external_time", "mean"),
    ("external_calls", "mean"),
    ("query_count", "mean"),
)
_MAX_LAYERS = 100
_MAX_SERVICES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _StatementRow:
    """One statement on both sides; None where it is not among the top statements of that variant."""

    query: str
    before: Statement | None
    after: Statement | None

    @property
    def repeated(self) -> str:
        """Name the sides on which it looks like one query a row; empty for neither."""
        sides = (("before", self.before), ("after", self.after))
        return " and ".join(name for name, one in sides if one and one.looks_repeated)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServiceRow:
    """What was asked of one service, or of those that a request asks together, by both sides."""

    services: str
    before: ExternalCalls | None
    after: ExternalCalls | None


_NO_LAYERS = VariantLayers(layers=(), reason="the run holds no reading of them")


def _content(results: Results) -> Mapping[str, object]:
    rows = _statement_rows(results)
    layers = {side: _layers(results, side) for side in ("before", "after")}
    services = _service_rows(results)
    return {
        "layers": {side: (found.layers[:_MAX_LAYERS], found.reason) for side, found in layers.items()},
        "layers_chart": draw_layers(layers["before"].layers, layers["after"].layers, chart_id="layers-chart")
        if any(found.layers for found in layers.values())
        else None,
        "services": services[:_MAX_SERVICES],
        "services_more_count": max(0, len(services) - _MAX_SERVICES),
        "tells_external": {
            side: results.variant_id(side) in results.external_calls for side in ("before", "after")
        },
        "rows": rows[:_MAX_STATEMENTS],
        "more_count": max(0, len(rows) - _MAX_STATEMENTS),
        "plans": [row for row in rows if any(one and one.plan for one in (row.before, row.after))][
            :_MAX_PLANS
        ],
        "repeated_count": sum(bool(row.after and row.after.looks_repeated) for row in rows),
        "times": [found for found in (results.comparison(ALL_ENDPOINTS, *each) for each in _TIMES) if found],
    }


def _layers(results: Results, side: Side) -> VariantLayers:
    return results.layers.get(results.variant_id(side), _NO_LAYERS)


def _service_rows(results: Results) -> list[_ServiceRow]:
    before, after = (
        {one.services: one for one in results.external_calls.get(results.variant_id(side), ())}
        for side in ("before", "after")
    )
    return [
        _ServiceRow(services=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys([*before, *after])
    ]


def _statement_rows(results: Results) -> list[_StatementRow]:
    before = _by_query(results.queries.get(results.variant_id("before"), ()))
    after = _by_query(results.queries.get(results.variant_id("after"), ()))
    rows = [
        _StatementRow(query=query, before=before.get(query), after=after.get(query))
        for query in dict.fromkeys([*before, *after])
    ]
    return sorted(rows, key=lambda row: -max(s.total_ms for s in (row.before, row.after) if s))


def _by_query(statements: tuple[Statement, ...]) -> dict[str, Statement]:
    """Key statements by their text on one line; of equal texts (other roles or plans) the costliest stays."""
    one_line = [(" ".join(statement.query.split()), statement) for statement in statements]
    return dict(sorted(one_line, key=lambda pair: pair[1].total_ms))


DATABASE = Section(
    id="database",
    title="Where the time goes",
    part="engineer",
    template="database.html",
    content=_content,
    applies=compares_requests,
)
