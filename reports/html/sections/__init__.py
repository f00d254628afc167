"""The sections of the page, one file each; SECTIONS says what exists, in the order in which they are read."""

from collections.abc import Sequence

from reports.errors import ReportError
from reports.html.section import Section
from reports.html.sections.ablation import ABLATION
from reports.html.sections.capacity import CAPACITY
from reports.html.sections.certainty import CERTAINTY
from reports.html.sections.database import DATABASE
from reports.html.sections.distributions import DISTRIBUTIONS
from reports.html.sections.endpoints import ENDPOINTS
from reports.html.sections.errors import ERRORS
from reports.html.sections.faults import FAULTS
from reports.html.sections.meaning import MEANING
from reports.html.sections.memory import MEMORY
from reports.html.sections.method import METHOD
from reports.html.sections.over_time import OVER_TIME
from reports.html.sections.phases import PHASES
from reports.html.sections.resources import RESOURCES
from reports.html.sections.scorecard import SCORECARD
from reports.html.sections.verdict import VERDICT
from reports.html.sections.worse import WORSE

SECTIONS: tuple[Section, ...] = (
    VERDICT,
    SCORECARD,
    PHASES,
    WORSE,
    MEANING,
    CERTAINTY,
    FAULTS,
    CAPACITY,
    ABLATION,
    DISTRIBUTIONS,
    ENDPOINTS,
    OVER_TIME,
    DATABASE,
    RESOURCES,
    MEMORY,
    ERRORS,
    METHOD,
)


def chosen_sections(ids: Sequence[str] | None) -> tuple[Section, ...]:
    """Return the sections of the given ids in reading order; all of them for None.

    Raises:
        ReportError: there is no section of that id.
    """
    known = {section.id: section for section in SECTIONS}
    if unknown := [id_ for id_ in ids or () if id_ not in known]:
        raise ReportError(
            f"There is no section {', '.join(map(repr, unknown))}.", hint=f"There are: {', '.join(known)}."
        )
    return tuple(section for section in SECTIONS if not ids or section.id in ids)
