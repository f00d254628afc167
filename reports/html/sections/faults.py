"""Fault timelines: what was broken on purpose, what became of the requests, and when it was good again."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reports.html.charts.fault_timeline import draw_fault_answers, draw_fault_latency
from reports.html.section import Section
from reports.number_text import number_text, with_unit
from reports.results import ALL_ENDPOINTS, Comparison, Faults, Results


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One group of requests in one phase."""

    endpoint: str
    """Empty: all requests."""
    goodput: Comparison | None
    goodput_share: Comparison | None
    error_share: Comparison | None
    p95: Comparison | None
    slowdown: Comparison | None
    refusal: Comparison | None
    """Time to refuse, median; None where nothing was refused."""


def _content(results: Results) -> Mapping[str, object]:
    faults = results.faults
    if faults is None:
        raise ValueError("nothing was broken")
    return {
        "faults": faults,
        "phases": [(title, list(_rows(faults, phase))) for phase, title in faults.phases.items()],
        "recoveries": list(_recoveries(faults)),
        "answers_chart": draw_fault_answers(faults, chart_id="faults-answers-chart"),
        "latency_chart": draw_fault_latency(faults, chart_id="faults-latency-chart"),
    }


def _rows(faults: Faults, phase: str) -> Iterator[PhaseRow]:
    for endpoint in (ALL_ENDPOINTS, *faults.groups):
        refusal = faults.comparison(phase, endpoint, "refusal_time", "p50")
        yield PhaseRow(
            endpoint="" if endpoint == ALL_ENDPOINTS else endpoint,
            goodput=faults.comparison(phase, endpoint, "goodput", "mean"),
            goodput_share=faults.comparison(phase, endpoint, "goodput_share", "mean"),
            error_share=faults.comparison(phase, endpoint, "error_share", "share"),
            p95=faults.comparison(phase, endpoint, "response_time", "p95"),
            slowdown=faults.comparison(phase, endpoint, "slowdown", "p95"),
            refusal=refusal if refusal and refusal.before_count + refusal.after_count else None,
        )


def _recoveries(faults: Faults) -> Iterator[tuple[str, str, Comparison | None, tuple[tuple[str, str], ...]]]:
    """Yield each fault's title and what was done, how long recovery took, and each variant's rounds."""
    for fault, title in faults.titles.items():
        rounds = tuple(
            (
                variant.id,
                ", ".join(
                    _recovery_text(one.seconds)
                    for one in faults.recoveries
                    if (one.variant, one.fault) == (variant.id, fault)
                ),
            )
            for variant in faults.variants
        )
        comparison = faults.comparison(fault, ALL_ENDPOINTS, "recovery_time", "longest")
        yield title, faults.actions.get(fault, ""), comparison, rounds


def _recovery_text(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return "never" if math.isinf(seconds) else with_unit(number_text(seconds), "s")


FAULTS = Section(
    id="faults",
    title="Fault timelines",
    part="engineer",
    template="faults.html",
    content=_content,
    applies=lambda results: results.faults is not None,
)
