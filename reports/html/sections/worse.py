"""What got worse: always there, also when it is nothing."""

from collections.abc import Mapping

from reports.findings import find
from reports.html.section import Section, compares_requests
from reports.results import Results

_MAX_ROWS = 6
_MAX_SUSPECTS = 3
"""The part for managers takes two pages; data/comparisons.csv has all."""
_MAX_UNRESOLVED = 50


def _content(results: Results) -> Mapping[str, object]:
    findings = find(results)
    return {
        "findings": findings,
        "worse": findings.worse[:_MAX_ROWS],
        "suspects": findings.suspects[:_MAX_SUSPECTS],
        "unresolved": findings.unresolved[:_MAX_UNRESOLVED],
        "max_rows": _MAX_ROWS,
        "max_suspects": _MAX_SUSPECTS,
        "max_unresolved": _MAX_UNRESOLVED,
    }


WORSE = Section(
    id="worse",
    title="What got worse",
    part="manager",
    template="worse.html",
    content=_content,
    applies=compares_requests,
)
