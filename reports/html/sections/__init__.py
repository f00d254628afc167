"""The sections of the page, one file each; SECTIONS says what exists, in the order in which they are read."""

from reports.html.section import Section
from reports.html.sections.capacity import CAPACITY
from reports.html.sections.certainty import CERTAINTY
from reports.html.sections.database import DATABASE
from reports.html.sections.distributions import DISTRIBUTIONS
from reports.html.sections.endpoints import ENDPOINTS
from reports.html.sections.memory import MEMORY
from reports.html.sections.method import METHOD
from reports.html.sections.over_time import OVER_TIME
from reports.html.sections.scorecard import SCORECARD
from reports.html.sections.verdict import VERDICT
from reports.html.sections.worse import WORSE

SECTIONS: tuple[Section, ...] = (
    VERDICT,
    SCORECARD,
    CAPACITY,
    MEMORY,
    CERTAINTY,
    WORSE,
    ENDPOINTS,
    DISTRIBUTIONS,
    OVER_TIME,
    DATABASE,
    METHOD,
)
