"""Did a run with faults measure truly? What its faults cause is no fault of the measurement."""

from collections.abc import Sequence
from dataclasses import replace

from harness.gates.validity import LEAST_RATE_SHARE
from harness.model.slice_summary import SliceSummary
from harness.model.verdict import Check

CAUSED_BY_FAULTS = frozenset(
    {"connection-errors", "dropped-arrivals", "drained", "same-mix", "unanswered", "warm-up"}
)
"""Conditions of a quiet measurement that a broken backend breaks: here they are what is measured. A request
that was dropped, or still under way at the end of the drain, counts as failed. Each slice has fresh servers,
so that nothing runs on in the next."""


def adapt_to_faults(
    checks: Sequence[Check], summaries: Sequence[tuple[int, SliceSummary]]
) -> tuple[Check, ...]:
    """Return the checks of a run with faults: one more, and without those that its faults break."""
    return (_faults_carried_out(summaries), *(_adapted(check, summaries) for check in checks))


def _adapted(check: Check, summaries: Sequence[tuple[int, SliceSummary]]) -> Check:
    if check.ok:
        return check
    if check.id == "rate-achieved" and _accounted_share(summaries) >= LEAST_RATE_SHARE:
        told = "All planned arrivals were sent, or dropped because too many before them were still waiting."
        return replace(check, ok=True, detail=told)
    if check.id in CAUSED_BY_FAULTS:
        first = check.detail.partition(". ")[0].rstrip(".")
        return replace(check, ok=True, detail=f"{first}: expected while something is broken.")
    return check


def _accounted_share(summaries: Sequence[tuple[int, SliceSummary]]) -> float:
    reports = [summary.report for _, summary in summaries]
    planned = sum(report.planned_arrivals for report in reports)
    told = sum(report.sent_arrivals + report.dropped_arrivals for report in reports)
    return told / planned if planned else 0.0


def _faults_carried_out(summaries: Sequence[tuple[int, SliceSummary]]) -> Check:
    marks = [(index, summary, mark) for index, summary in summaries for mark in summary.faults]
    bad = [(index, summary, mark) for index, summary, mark in marks if mark.error]
    detail = f"All {len(marks)} faults were injected and undone."
    if bad:
        index, summary, mark = bad[0]
        detail = (
            f"{len(bad)} of {len(marks)} faults did not go as planned; {mark.fault} in round {index},"
            f" {summary.variant}: {mark.error}."
        )
    elif not marks:
        detail = "No fault was injected."
    return Check(
        id="faults-carried-out",
        ok=bool(marks) and not bad,
        value=float(len(marks) - len(bad)),
        limit=float(len(marks)),
        detail=detail,
    )
