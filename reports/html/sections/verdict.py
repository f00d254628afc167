"""The verdict: what a manager reads in five seconds."""

from collections.abc import Mapping

from reports.findings import headline_kpi
from reports.html.section import Section
from reports.outcomes import OUTCOME_WORDS, evidence, kpi_counts_text, validity_text
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    return {
        "words": OUTCOME_WORDS[results.outcome],
        # Large numbers would be believed, whatever stands above them.
        "headline": None if results.outcome == "invalid" else headline_kpi(results),
        "kpi_counts": kpi_counts_text(results),
        "evidence": evidence(results),
        "validity": validity_text(results),
        "broken_checks": [check for check in results.validity if not check.ok],
    }


VERDICT = Section(id="verdict", title="Verdict", part="manager", template="verdict.html", content=_content)
