"""How sure we are: rounds, validity checks, and what an interval means."""

from collections.abc import Mapping

from reports.html.section import Section, compares_requests
from reports.outcomes import validity_text
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    return {
        "validity": validity_text(results),
        "checks": sorted(results.validity, key=lambda check: check.ok),
        "variant_ids": [variant.id for variant in results.variants],
    }


CERTAINTY = Section(
    id="certainty",
    title="How sure are we?",
    part="engineer",
    template="certainty.html",
    content=_content,
    applies=compares_requests,
)
