"""The one place where the gate is decided.

A target is met when the whole interval meets it, missed when the whole interval misses it, and open in
between: never is anything decided from a point estimate, unless the KPI file asks for it. A warning limit
takes the target's place where the target is not met. What was never measured is no data, never a pass.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import Enum, auto

from harness.gates.effort import Effort, MoreEffort, effort_for_requests, more_effort
from harness.gates.sentences import absolute_clause, change_clause, claim_words
from harness.gates.validity import REPORTED_ONLY
from harness.model.measurement import Comparison, Estimate
from harness.model.verdict import Check, Kpi, KpiVerdict, Outcome, Target, Verdict, WorseGuard
from harness.stats.measure import FAULT_METRICS, INTROSPECTED, SERVER_METRICS

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}


class _State(Enum):
    MET = auto()
    NEAR = auto()
    """Not proven to be met, but the warning limit is."""
    OPEN = auto()
    ABSENT = auto()
    MISSED = auto()


_WORST_STATE_FIRST = (
    (_State.MISSED, Outcome.FAILED),
    (_State.ABSENT, Outcome.NO_DATA),
    (_State.OPEN, Outcome.INCONCLUSIVE),
    (_State.NEAR, Outcome.WARNED),
    (_State.MET, Outcome.PASSED),
)

_WORST_OUTCOME_FIRST = (
    (Outcome.INVALID, "are invalid"),
    (Outcome.FAILED, "failed"),
    (Outcome.NO_DATA, "have no data"),
    (Outcome.INCONCLUSIVE, "could not be decided"),
    (Outcome.WARNED, "kept only the warning limit"),
)


def judge_kpi(kpi: Kpi, comparisons: Iterable[Comparison], *, effort: Effort | None = None) -> KpiVerdict:
    """Judge one KPI by the comparison of its endpoint, metric and statistic.

    Passed: the whole interval meets every target. Warned: it keeps every target or its warning limit. Failed:
    the whole interval misses at least one. No data: what a target is about was not measured. Inconclusive:
    anything else.

    Args:
        kpi: the claim.
        comparisons: everything that was compared.
        effort: what the run cost, to say how much more would decide; None says nothing of it.
    """
    comparison = _find(kpi, comparisons)
    if comparison is None:
        is_elsewhere = kpi.metric in SERVER_METRICS or kpi.metric in FAULT_METRICS or kpi.phase
        why = "this run does not measure it" if is_elsewhere else f"no request went to {kpi.endpoint}"
        reason = f"{kpi.title} has no data: {why}."
        return KpiVerdict(kpi=kpi, verdict=Verdict(outcome=Outcome.NO_DATA, reason=reason), comparison=None)
    return KpiVerdict(kpi=kpi, verdict=_verdict(kpi, comparison, effort), comparison=comparison)


def judge_run(
    kpi_verdicts: Sequence[KpiVerdict], checks: Sequence[Check], worse: Sequence[WorseGuard] = ()
) -> Verdict:
    """Judge a run: invalid beats everything, then the worst blocking KPI or a guard that got worse decides.

    Of several that are undecided the one that needs most rounds is named: so long the run would have to be.
    Without a blocking KPI there is nothing that could have passed: inconclusive.
    """
    broken = [check for check in checks if not check.ok and check.id not in REPORTED_ONLY]
    if broken:
        return Verdict(outcome=Outcome.INVALID, reason=_distrust(broken))
    blocking = [verdict for verdict in kpi_verdicts if verdict.kpi.is_blocking]
    if not blocking:
        reason = "The KPI file has no blocking KPI, so there is nothing to decide."
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason=reason)
    for outcome, told in _WORST_OUTCOME_FIRST:
        found = [verdict for verdict in blocking if verdict.verdict.outcome is outcome]
        if found:
            count = f"{len(found)} of {_count(blocking)} {told}"
            hardest = max((one.verdict for one in found), key=lambda verdict: verdict.more_rounds)
            return replace(hardest, reason=f"{count}: {hardest.reason}")
        if outcome is Outcome.FAILED and worse:
            return Verdict(outcome=outcome, reason=f"{_got_worse(worse)}: {worse[0].reason}")
    all_of_them = "The blocking KPI is" if len(blocking) == 1 else f"All {_count(blocking)} are"
    return Verdict(outcome=Outcome.PASSED, reason=f"{all_of_them} proven: {blocking[0].verdict.reason}")


def _find(kpi: Kpi, comparisons: Iterable[Comparison]) -> Comparison | None:
    key = (kpi.phase, kpi.endpoint, kpi.metric, kpi.stat)
    return next((c for c in comparisons if (c.phase, c.endpoint, c.metric, c.stat) == key), None)


def _verdict(kpi: Kpi, comparison: Comparison, effort: Effort | None) -> Verdict:
    if too_few := _too_few_requests(kpi, comparison, effort):
        return too_few
    kept = [target for target in kpi.targets if not _is_set_aside(kpi, target, comparison)]
    verdict = _judge_targets(replace(kpi, targets=tuple(kept)), comparison, effort)
    if len(kept) < len(kpi.targets) and verdict.outcome in {Outcome.PASSED, Outcome.WARNED}:
        without = f"{verdict.reason} There is no baseline, so no change was judged."
        return Verdict(outcome=Outcome.WARNED, reason=without)
    return verdict


def _judge_targets(kpi: Kpi, comparison: Comparison, effort: Effort | None) -> Verdict:
    states = {target: _state(kpi, target, comparison) for target in kpi.targets}
    for state, outcome in _WORST_STATE_FIRST:
        targets = [target for target in kpi.targets if states[target] is state]
        if targets:
            reason = _sentence(kpi, comparison, targets, state)
            if state is not _State.OPEN:
                return Verdict(outcome=outcome, reason=reason)
            return _left_open(kpi, reason, _remedy(kpi, comparison, targets, effort))
    return Verdict(outcome=Outcome.NO_DATA, reason=f"{kpi.title} has no data: there is no baseline.")


def _left_open(kpi: Kpi, reason: str, remedy: MoreEffort | None) -> Verdict:
    return Verdict(
        outcome=Outcome.FAILED if kpi.on_inconclusive == "failed" else Outcome.INCONCLUSIVE,
        reason=f"{reason} {remedy.sentence}" if remedy else reason,
        more_rounds=remedy.rounds if remedy else math.inf,
    )


def _too_few_requests(kpi: Kpi, comparison: Comparison, effort: Effort | None) -> Verdict | None:
    """Judge a KPI behind which fewer requests stand than the file asks for; None where enough do."""
    if kpi.metric in SERVER_METRICS:
        return None
    counts = [comparison.after_count]
    if any(target.is_change for target in kpi.targets):
        counts.append(comparison.before_count)
    least = min(counts)
    if not 0 < least < kpi.min_requests:
        return None
    told = f"{kpi.title} cannot be judged: {least:,} requests, the KPI file asks for {kpi.min_requests:,}."
    return _left_open(kpi, told, effort_for_requests(effort, least, kpi.min_requests) if effort else None)


def _is_set_aside(kpi: Kpi, target: Target, comparison: Comparison) -> bool:
    return target.is_change and kpi.on_missing_baseline == "warned" and comparison.before_count == 0


def _estimate(target: Target, comparison: Comparison) -> Estimate | None:
    return comparison.change if target.is_change else comparison.after


def _state(kpi: Kpi, target: Target, comparison: Comparison) -> _State:
    estimate = _estimate(target, comparison)
    if estimate is None:
        counts = (comparison.after_count, comparison.before_count if target.is_change else 1)
        return _State.OPEN if all(counts) else _State.ABSENT
    bounds = (estimate.value,) if kpi.decide_on == "point" else (estimate.low, estimate.high)
    if not all(math.isfinite(bound) or _is_never(comparison, bound) for bound in bounds):
        return _State.ABSENT
    if _holds(target, bounds) == {True}:
        return _State.MET
    limit = _warning_limit(kpi, target)
    held = _holds(limit or target, bounds)
    if limit and held == {True}:
        return _State.NEAR
    return _State.OPEN if True in held else _State.MISSED


def _is_never(comparison: Comparison, bound: float) -> bool:
    """Tell whether an infinity is a finding: what never came back misses every limit of time."""
    return comparison.metric == "recovery_time" and bound == math.inf


def _holds(target: Target, bounds: Sequence[float]) -> set[bool]:
    return {_HOLDS[target.operator](bound, target.value) for bound in bounds}


def _warning_limit(kpi: Kpi, target: Target) -> Target | None:
    """Find the warning limit that stands behind a target: of its kind and on its side."""
    return next((limit for limit in kpi.warn if limit.is_behind(target)), None)


def _sentence(kpi: Kpi, comparison: Comparison, targets: Sequence[Target], state: _State) -> str:
    if state is _State.ABSENT:
        return f"{kpi.title} has no data: {comparison.reason or 'the value is not a number'}."
    known = [target for target in targets if _estimate(target, comparison) is not None]
    if not known:
        return f"{kpi.title} cannot be judged: {comparison.reason}."
    told = f"{kpi.title} {'; it '.join(_clause(kpi, target, comparison, state) for target in known)}."
    return f"{told} Judged by the estimate alone." if kpi.decide_on == "point" else told


def _clause(kpi: Kpi, target: Target, comparison: Comparison, state: _State) -> str:
    estimate = _estimate(target, comparison)
    if estimate is None:
        raise AssertionError(f"{target.text} was let through without a number")
    told = change_clause(estimate, target) if target.is_change else absolute_clause(estimate, target)
    claim, limit = claim_words(target), _warning_limit(kpi, target)
    within = f" or even its warning limit, {claim_words(limit)}" if limit else ""
    return {
        _State.MET: f"{told}, the claim was {claim}",
        _State.NEAR: f"{told}, which does not prove the claim of {claim}, but keeps its warning limit, "
        f"{claim_words(limit or target)}",
        _State.MISSED: f"{told}, but the claim was {claim}{within}",
        _State.OPEN: f"{told}, which neither proves nor disproves the claim of {claim}{within}",
    }[state]


def _remedy(
    kpi: Kpi, comparison: Comparison, targets: Sequence[Target], effort: Effort | None
) -> MoreEffort | None:
    """Say how much more would decide the target that is hardest to decide; None where nothing is known."""
    if effort is None or kpi.metric in INTROSPECTED:
        return None
    told = [
        more_effort(effort, estimate, _warning_limit(kpi, target) or target)
        for target in targets
        if (estimate := _estimate(target, comparison)) is not None and math.isfinite(estimate.high)
    ]
    return max(told, key=lambda one: one.rounds, default=None)


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
