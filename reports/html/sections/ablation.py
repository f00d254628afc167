"""What each optimization does alone: added to the first variant, or left out of it."""

from collections.abc import Mapping

from reports.ablation import AblatedRow, ablated_rows, by_chance_text, is_ablation
from reports.html.charts.forest import ForestRow, draw_forest
from reports.html.section import Section, compares_requests
from reports.metrics import measured_title
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    rows = ablated_rows(results)
    deed = rows[0].deed
    times = [row.pair.time for row in rows if row.pair.time]
    title = measured_title(times[0].metric, times[0].stat) if times else "Time"
    first = results.variants[0]
    preposition = "to" if deed == "added" else "of"
    return {
        "rows": rows,
        "deed": f"{deed} {preposition} {first.id}",
        "first": first,
        "title": title,
        "has_precision": bool(times) and times[0].metric == "unloaded_time",
        "shown": [row for row in rows if row.matters in {"helps", "hurts"}],
        "by_chance": by_chance_text(results, len(rows)),
        "chart": draw_forest(
            [_forest_row(row) for row in rows],
            chart_id="ablation-chart",
            title=f"{title}: each optimization {deed} alone",
            axis_label=f"change against {first.id} (logarithmic: half and twice are equally far from 0)",
        ),
    }


def _forest_row(row: AblatedRow) -> ForestRow:
    return ForestRow(name=row.name, change=row.pair.time.change if row.pair.time else None)


ABLATION = Section(
    id="ablation",
    title="What each optimization does alone",
    part="engineer",
    template="ablation.html",
    content=_content,
    applies=lambda results: compares_requests(results) and is_ablation(results),
)
