"""The six outcomes as people meet them: a word, a shape that needs no colour, and one sentence."""

from dataclasses import dataclass

from reports.number_text import counted, percentage_text
from reports.results import Outcome, Results
from reports.visible_text import short_name


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeWords:
    """How an outcome is spoken of."""

    word: str
    shape: str
    """One character for terminals; HTML draws the same shape."""
    sentence: str
    """What it means for a whole run."""


OUTCOME_WORDS: dict[Outcome, OutcomeWords] = {
    "passed": OutcomeWords(
        word="Passed",
        shape="●",
        sentence="Yes: the change keeps what it promised. Every blocking target is met.",
    ),
    "warned": OutcomeWords(
        word="Warned",
        shape="◐",
        sentence="Yes, with a warning: a blocking target is not proven, only its warning limit is.",
    ),
    "failed": OutcomeWords(
        word="Failed",
        shape="▲",
        sentence="No: the change does not keep what it promised. A blocking target is missed.",
    ),
    "inconclusive": OutcomeWords(
        word="Inconclusive",
        shape="◆",
        sentence="Undecided: the measurement cannot yet tell whether the targets are met.",
    ),
    "no_data": OutcomeWords(
        word="No data",
        shape="○",
        sentence="No answer: what a blocking target is about was never measured.",
    ),
    "invalid": OutcomeWords(
        word="Invalid",
        shape="✕",
        sentence="No conclusion: the measurement itself went wrong, so its numbers prove nothing.",
    ),
}


_MOST_NAMED = 3
"""Requests of more variants are told in one sum."""


def kpi_counts_text(results: Results) -> str:
    """Count the KPIs by outcome: `3 of 4 KPIs passed, 1 inconclusive`."""
    if not results.kpis:
        return "no KPI was judged"
    by_outcome = {outcome: sum(kpi.outcome == outcome for kpi in results.kpis) for outcome in OUTCOME_WORDS}
    passed = by_outcome.pop("passed")
    others = [
        f"{count} {OUTCOME_WORDS[outcome].word.lower()}" for outcome, count in by_outcome.items() if count
    ]
    total = len(results.kpis)
    return ", ".join([f"{passed} of {counted(total, 'KPI')} passed", *others])


def evidence(results: Results) -> tuple[str, ...]:
    """Say in a few words each how much stands behind the verdict: rounds, requests, intervals."""
    rounds = (counted(len(results.rounds), "round"),) if results.rounds else ()
    counts = [variant.request_count for variant in results.variants]
    if len(counts) > _MOST_NAMED:
        requests: tuple[str, ...] = (f"{counted(sum(counts), 'request')} of {len(counts)} variants",)
    else:
        requests = tuple(
            f"{counted(variant.request_count, 'request')} {short_name(variant.id, 20)}"
            for variant in results.variants
        )
    return (*rounds, *requests, f"{percentage_text(results.confidence)} intervals")


def validity_text(results: Results) -> str:
    """Count the validity checks that held: `9 of 9 validity checks held`."""
    if not results.validity:
        return "no validity check was made"
    held = sum(check.ok for check in results.validity)
    return f"{held} of {counted(len(results.validity), 'validity check')} held"
