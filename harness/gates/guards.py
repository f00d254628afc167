"""Guards: what no KPI claims may not get worse either, and all of them together cry wolf in 5 % at most.

A KPI that gates must be proven; a guard need not be. It fails a run only where the rounds prove, with one
error rate for all guards together, that something got worse by more than is tolerated.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from harness.gates.sentences import change_clause
from harness.model.measurement import Comparison
from harness.model.metric import METRIC_BY_ID
from harness.model.verdict import Guards, Kpi, Target, WorseGuard
from harness.stats.columns import FloatArray
from harness.stats.measure import WHOLE_MIX
from harness.stats.round_changes import RoundChange
from harness.stats.westfall_young import adjusted_p

ERROR_RATE = 0.05
"""That a run of two equal builds has a guard which fails it: at most, over all guards."""


def check_guards(
    changes: Iterable[RoundChange],
    comparisons: Sequence[Comparison],
    kpis: Sequence[Kpi],
    *,
    tolerances: Mapping[str, float],
    error_rate: float = ERROR_RATE,
) -> Guards:
    """Tell which guards got worse.

    Args:
        changes: of the main pair, round by round.
        comparisons: of the main pair, for the numbers that people read.
        kpis: what they claim is theirs to judge, and no guard.
        tolerances: by how much a metric may get worse, see `harness.gates.tolerances`; metrics that are not
            named have no guards.
        error_rate: of all guards together.
    """
    claimed = {(kpi.endpoint, kpi.metric, kpi.stat) for kpi in kpis}
    found = {(one.endpoint, one.metric, one.stat): one for one in comparisons}
    guarded = [
        change
        for change in changes
        if change.metric in tolerances
        and (change.endpoint, change.metric, change.stat) not in claimed
        and _is_known(found.get((change.endpoint, change.metric, change.stat)), change)
    ]
    excesses = np.asarray([_excesses(change, tolerances[change.metric]) for change in guarded])
    p_values = adjusted_p(excesses.T) if guarded else np.empty(0)
    worse = [
        _worse(change, tolerances[change.metric], float(p), found)
        for change, p in zip(guarded, p_values, strict=True)
        if p <= error_rate
    ]
    return Guards(
        count=len(guarded),
        error_rate=error_rate,
        tolerances=dict(tolerances),
        worse=tuple(sorted(worse, key=lambda one: (one.p, one.endpoint != WHOLE_MIX))),
    )


def _is_known(comparison: Comparison | None, change: RoundChange) -> bool:
    """Tell whether the report can show it: nothing fails a run by numbers that nobody sees."""
    if comparison is None:
        return False
    needed = (comparison.before, comparison.after) if change.is_share else (comparison.change,)
    return None not in needed


def _excesses(change: RoundChange, tolerance: float) -> FloatArray:
    """Return by how much each round is worse than tolerated; below 0 where it is not.

    What is counted in shares is seldom, and spares some rounds. That a round was spared is no evidence of the
    opposite, so a share is compared with none at all, once its mean over all rounds is beyond its tolerance.
    """
    values = np.asarray(change.values)
    worsening = -values if METRIC_BY_ID[change.metric].better == "higher" else values
    if not change.is_share:
        return np.asarray(worsening - np.log1p(tolerance / 100))
    return worsening if np.mean(worsening) > tolerance else np.full(len(values), -tolerance)


def _worse(
    change: RoundChange, tolerance: float, p: float, comparisons: Mapping[tuple[str, str, str], Comparison]
) -> WorseGuard:
    comparison = comparisons.get((change.endpoint, change.metric, change.stat))
    return WorseGuard(
        endpoint=change.endpoint,
        metric=change.metric,
        stat=change.stat,
        tolerance=tolerance,
        unit="points" if change.is_share else "%",
        p=p,
        reason=_sentence(change, tolerance, comparison),
    )


def _sentence(change: RoundChange, tolerance: float, comparison: Comparison | None) -> str:
    metric = METRIC_BY_ID[change.metric].title
    stat = "" if change.is_share else f" {change.stat.replace('_', ' ')}"
    where = "" if change.endpoint == WHOLE_MIX else f" of {change.endpoint}"
    return f"{metric}{stat}{where} {_told(change, tolerance, comparison)}."


def _told(change: RoundChange, tolerance: float, comparison: Comparison | None) -> str:
    if change.is_share:
        points = float(np.mean(change.values))
        return f"rose by {points:.2g} percentage points over all rounds, {tolerance:g} are tolerated"
    if comparison is None or comparison.change is None:
        raise AssertionError(f"{change.metric} {change.stat} has rounds, but no change")
    target = Target(text="", is_change=True, operator="<=", value=tolerance, unit="%")
    return f"{change_clause(comparison.change, target)}, {tolerance:g} % are tolerated"
