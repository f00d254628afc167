"""The lines in which a KPI is told to machines that show text: targets, numbers, claim."""

from reports.metrics import measured_title
from reports.number_text import change_interval_text, change_text, interval_text, value_text
from reports.outcomes import OUTCOME_WORDS
from reports.results import ALL_ENDPOINTS, Estimate, Kpi, Results
from reports.visible_text import short_name

_LONGEST_REASON = 600


def kpi_headline(kpi: Kpi) -> str:
    """Give outcome and reason in one line: `FAILED: Response time fell 41 % ...`."""
    return f"{OUTCOME_WORDS[kpi.outcome].word.upper()}: {short_name(kpi.reason, _LONGEST_REASON)}"


def kpi_lines(kpi: Kpi) -> tuple[str, ...]:
    """Give everything that is known of a KPI, a line each: subject, targets, numbers, claim, owner."""
    where = "all requests" if kpi.endpoint == ALL_ENDPOINTS else short_name(kpi.endpoint)
    return tuple(
        filter(
            None,
            (
                f"{short_name(kpi.title)}: {measured_title(kpi.metric, kpi.stat)}, {where}",
                f"target {' AND '.join(short_name(target) for target in kpi.targets)}",
                f"warns up to {' AND '.join(short_name(limit) for limit in kpi.warn)}" if kpi.warn else "",
                _numbers(kpi),
                claim_text(kpi),
                f"owner {short_name(kpi.owner)}" if kpi.owner else "",
            ),
        )
    )


def claim_text(kpi: Kpi) -> str:
    """Give what was claimed: `claimed: 800-1200 ms before, <= 400 ms after, 60-70 % better`; else nothing."""
    if kpi.claim is None:
        return ""
    parts = ((kpi.claim.before, " before"), (kpi.claim.after, " after"), (kpi.claim.improvement, ""))
    return "claimed: " + ", ".join(f"{short_name(said)}{when}" for said, when in parts if said)


def level_text(estimate: Estimate | None) -> str:
    """Give a value with its interval: `342 ms (331 to 355)`."""
    return f"{value_text(estimate)} {interval_text(estimate)}".rstrip()


def changed_text(estimate: Estimate | None) -> str:
    """Give a change with its interval."""
    return f"{change_text(estimate)} {change_interval_text(estimate)}".rstrip()


def trusted_kpis(results: Results) -> tuple[Kpi, ...]:
    """Give the KPIs whose numbers may be passed on: none of an invalid run."""
    return () if results.outcome == "invalid" else results.kpis


def _numbers(kpi: Kpi) -> str:
    if kpi.before is None and kpi.after is None:
        return ""
    levels = f"before {level_text(kpi.before)}, after {level_text(kpi.after)}"
    return f"{levels}, change {changed_text(kpi.change)}"
