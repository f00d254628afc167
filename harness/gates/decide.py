"""The one place where the gate is decided.

A target is met when the whole interval meets it, missed when the whole interval misses it, and open in
between: never is anything decided from a point estimate. A missing number is open too.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto

from harness.gates.sentences import absolute_clause, change_clause, claim_words
from harness.gates.validity import REPORTED_ONLY
from harness.model.measurement import Comparison, Estimate
from harness.model.verdict import Check, Kpi, KpiVerdict, Outcome, Target, Verdict, WorseGuard

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}


class _State(Enum):
    MET = auto()
    OPEN = auto()
    MISSED = auto()


def judge_kpi(kpi: Kpi, comparisons: Iterable[Comparison]) -> KpiVerdict:
    """Judge one KPI by the comparison of its endpoint, metric and statistic.

    Passed: the whole interval meets every target. Failed: the whole interval misses at least one.
    Inconclusive: anything else, a missing number included.
    """
    comparison = _find(kpi, comparisons)
    if comparison is None:
        reason = f"{kpi.title} cannot be judged: no request went to {kpi.endpoint}."
        return KpiVerdict(kpi=kpi, verdict=_inconclusive(reason), comparison=None)
    states = {target: _state(target, _estimate(target, comparison)) for target in kpi.targets}
    return KpiVerdict(kpi=kpi, verdict=_verdict(kpi, comparison, states), comparison=comparison)


def judge_run(
    kpi_verdicts: Sequence[KpiVerdict], checks: Sequence[Check], worse: Sequence[WorseGuard] = ()
) -> Verdict:
    """Judge a run: invalid beats everything, then the worst blocking KPI or a guard that got worse decides.

    Without a blocking KPI there is nothing that could have passed: inconclusive.
    """
    broken = [check for check in checks if not check.ok and check.id not in REPORTED_ONLY]
    if broken:
        return Verdict(outcome=Outcome.INVALID, reason=_distrust(broken))
    blocking = [verdict for verdict in kpi_verdicts if verdict.kpi.is_blocking]
    if not blocking:
        return _inconclusive("The KPI file has no blocking KPI, so there is nothing to decide.")
    for outcome, told in ((Outcome.FAILED, "failed"), (Outcome.INCONCLUSIVE, "could not be decided")):
        found = [verdict for verdict in blocking if verdict.verdict.outcome is outcome]
        if found:
            count = f"{len(found)} of {_count(blocking)} {told}"
            return Verdict(outcome=outcome, reason=f"{count}: {found[0].verdict.reason}")
        if outcome is Outcome.FAILED and worse:
            return Verdict(outcome=outcome, reason=f"{_got_worse(worse)}: {worse[0].reason}")
    all_of_them = "The blocking KPI is" if len(blocking) == 1 else f"All {_count(blocking)} are"
    return Verdict(outcome=Outcome.PASSED, reason=f"{all_of_them} proven: {blocking[0].verdict.reason}")


def _find(kpi: Kpi, comparisons: Iterable[Comparison]) -> Comparison | None:
    key = (kpi.endpoint, kpi.metric, kpi.stat)
    return next((c for c in comparisons if (c.endpoint, c.metric, c.stat) == key), None)


def _estimate(target: Target, comparison: Comparison) -> Estimate | None:
    return comparison.change if target.is_change else comparison.after


def _state(target: Target, estimate: Estimate | None) -> _State:
    if estimate is None:
        return _State.OPEN
    holds = [_HOLDS[target.operator](bound, target.value) for bound in (estimate.low, estimate.high)]
    if all(holds):
        return _State.MET
    return _State.OPEN if any(holds) else _State.MISSED


def _verdict(kpi: Kpi, comparison: Comparison, states: dict[Target, _State]) -> Verdict:
    for state, outcome in (
        (_State.MISSED, Outcome.FAILED),
        (_State.OPEN, Outcome.INCONCLUSIVE),
        (_State.MET, Outcome.PASSED),
    ):
        targets = [target for target in kpi.targets if states[target] is state]
        if targets:
            return Verdict(outcome=outcome, reason=_sentence(kpi, comparison, targets, state))
    return _inconclusive(f"{kpi.title} has no target.")


def _sentence(kpi: Kpi, comparison: Comparison, targets: Sequence[Target], state: _State) -> str:
    known = [target for target in targets if _estimate(target, comparison) is not None]
    if not known:
        return f"{kpi.title} cannot be judged: {comparison.reason}."
    return f"{kpi.title} {'; it '.join(_clause(target, comparison, state) for target in known)}."


def _clause(target: Target, comparison: Comparison, state: _State) -> str:
    estimate = _estimate(target, comparison)
    if estimate is None:
        raise AssertionError(f"{target.text} was let through without a number")
    told = change_clause(estimate, target) if target.is_change else absolute_clause(estimate, target)
    claim = claim_words(target)
    return {
        _State.MET: f"{told}, the claim was {claim}",
        _State.MISSED: f"{told}, but the claim was {claim}",
        _State.OPEN: f"{told}, which neither proves nor disproves the claim of {claim}",
    }[state]


def _distrust(broken: Sequence[Check]) -> str:
    others = len(broken) - 1
    more = f" ({others} more check{'s' if others > 1 else ''} failed too)" if others else ""
    return f"The measurement cannot be trusted{more}: {broken[0].detail}"


def _got_worse(worse: Sequence[WorseGuard]) -> str:
    return "Something that no KPI claims" + (
        " got worse" if len(worse) == 1 else f" got worse, {len(worse)} numbers in all"
    )


def _count(blocking: Sequence[KpiVerdict]) -> str:
    return f"{len(blocking)} blocking KPI" + ("" if len(blocking) == 1 else "s")


def _inconclusive(reason: str) -> Verdict:
    return Verdict(outcome=Outcome.INCONCLUSIVE, reason=reason)
