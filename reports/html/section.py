"""Section: one part of the page; what it shows comes from `content`, how it looks from its template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from reports.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One `<section>` of the report."""

    id: str
    """Anchor in the page, and prefix of every id inside."""
    title: str
    part: Literal["manager", "engineer"]
    """Who it is for: the first part takes two printed pages, the second what it needs."""
    template: str
    """File in `templates/sections`."""
    content: Callable[[Results], Mapping[str, object]]
    """Gives the template its names, beside `results`."""
    applies: Callable[[Results], bool] = lambda _results: True
    """Tells whether a run of this kind has such a part at all; one that merely lacks data has."""


def compares_requests(results: Results) -> bool:
    """Tell whether a run compared requests at one rate: a search of the rate, or memory alone, does not."""
    return results.capacity is None and not (results.memory and not results.rounds)
