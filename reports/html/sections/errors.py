"""Failed requests, grouped by what was said of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.html.section import Section, compares_requests
from reports.results import ErrorGroup, Results

_MAX_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One kind of failure on both sides."""

    endpoint: str
    status: int
    message: str
    before_count: int
    after_count: int


def _content(results: Results) -> Mapping[str, object]:
    rows = _rows(results.errors or (), results.variant_id("before"), results.variant_id("after"))
    hidden = results.error_group_count - len(results.errors or ())
    return {"rows": rows[:_MAX_ROWS], "more_count": max(0, len(rows) - _MAX_ROWS), "hidden_count": hidden}


def _rows(groups: tuple[ErrorGroup, ...], before: str, after: str) -> list[_Row]:
    """Put both sides of one kind beside each other, those with most failures of after first."""
    counts: dict[tuple[str, int, str], dict[str, int]] = {}
    for group in groups:
        if group.variant in {before, after}:
            counts.setdefault((group.endpoint, group.status, group.message), {})[group.variant] = group.count
    rows = [
        _Row(
            endpoint=endpoint,
            status=status,
            message=message,
            before_count=sides.get(before, 0),
            after_count=sides.get(after, 0),
        )
        for (endpoint, status, message), sides in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row.after_count, -row.before_count, row.endpoint, row.message))


ERRORS = Section(
    id="errors",
    title="Errors",
    part="engineer",
    template="errors.html",
    content=_content,
    applies=compares_requests,
)
