"""Memory: what a request leaves behind, and where that was allocated."""

from collections.abc import Mapping

from reports.html.section import Section
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    if results.memory is None:
        raise ValueError("there was no memory phase")
    return {"memory": results.memory}


MEMORY = Section(
    id="memory",
    title="Memory that stays",
    part="engineer",
    template="memory.html",
    content=_content,
    applies=lambda results: results.memory is not None,
)
