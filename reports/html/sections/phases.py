"""What each phase of the rollout brought: the measured level after each, never shares of one change."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.ablation import is_ablation
from reports.html.charts.phases import Level, draw_phases
from reports.html.section import Section, compares_requests
from reports.metrics import measured_title
from reports.results import ALL_ENDPOINTS, Comparison, Estimate, Results, Variant

_MEASURES = (
    ("response_time", "p50"),
    ("response_time", "p95"),
    ("db_time", "p50"),
    ("middleware_time", "mean"),
    ("cpu_time", "mean"),
    ("memory_uss", "last"),
)
_CHARTED = 2
"""Measures that are drawn; the table has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """One measure of one phase; changes are None where the run holds none."""

    metric: str
    level: Estimate | None
    from_start: Comparison | None
    """Against the first variant."""
    from_last: Comparison | None
    """Against the phase before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    variant: Variant
    cells: tuple[_Cell, ...]


def _content(results: Results) -> Mapping[str, object]:
    every = (*results.comparisons, *results.other_comparisons)
    found = {(c.metric, c.stat, c.baseline, c.variant): c for c in every if c.endpoint == ALL_ENDPOINTS}
    measures = [m for m in _MEASURES if any(key[:2] == m and found[key].after for key in found)]
    rows = [
        _Row(variant=variant, cells=tuple(_cell(results, found, m, place) for m in measures))
        for place, variant in enumerate(results.variants)
    ]
    return {
        "rows": rows,
        "titles": [measured_title(*measure) for measure in measures],
        "has_steps": any(cell.from_last for row in rows[2:] for cell in row.cells),
        "charts": [
            draw_phases(
                [Level(name=row.variant.title, estimate=row.cells[i].level) for row in rows],
                chart_id=f"phases-chart-{i + 1}",
                title=measured_title(*measure),
            )
            for i, measure in enumerate(measures[:_CHARTED])
        ],
    }


def _cell(
    results: Results,
    found: Mapping[tuple[str, str, str, str], Comparison],
    measure: tuple[str, str],
    place: int,
) -> _Cell:
    own, first = results.variants[place].id, results.variants[0].id
    from_start = found.get((*measure, first, own))
    from_last = found.get((*measure, results.variants[place - 1].id, own)) if place > 1 else None
    as_baseline = next((c for key, c in found.items() if key[:3] == (*measure, own)), None)
    level = from_start.after if from_start else as_baseline.before if as_baseline else None
    return _Cell(metric=measure[0], level=level, from_start=from_start, from_last=from_last)


PHASES = Section(
    id="phases",
    title="What each phase brought",
    part="manager",
    template="phases.html",
    content=_content,
    applies=lambda results: (
        compares_requests(results) and len(results.variants) > 2 and not is_ablation(results)
    ),
)
