"""The pages around the reports: all runs, and two of them beside each other."""

from collections.abc import Sequence

from markupsafe import Markup

from reports.html.environment import make_environment
from reports.html.layout import style_sheet
from reports.metrics import measured_title
from reports.outcomes import kpi_counts_text
from reports.results import Results
from reports.run_index import IndexedRun, levels_of, pair_kpis

_LEVELS = (
    ("response_time", "p50"),
    ("response_time", "p95"),
    ("response_time", "p99"),
    ("db_time", "p50"),
    ("middleware_time", "mean"),
    ("error_share", "share"),
    ("cpu_time", "mean"),
    ("memory_uss", "last"),
)


def render_index(runs: Sequence[IndexedRun]) -> str:
    """Give the page of all runs, from which two can be chosen."""
    return _render("index.html", runs=runs, kpi_counts=kpi_counts_text)


def render_comparison(one: Results, other: Results) -> str:
    """Give the page of two runs beside each other; it shows both and judges neither against the other."""
    levels = [
        (measured_title(*measure), *levels_of(one, *measure), *levels_of(other, *measure))
        for measure in _LEVELS
    ]
    return _render(
        "compare.html",
        one=one,
        other=other,
        pairs=pair_kpis(one, other),
        levels=[row for row in levels if any(row[1:])],
    )


def _render(template: str, **content: object) -> str:
    style = Markup(style_sheet())  # noqa: S704  - our own file
    return make_environment().get_template(template).render(style=style, **content)
