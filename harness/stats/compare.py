"""Measurements of all rounds -> Comparisons: before against after, with intervals.

The round is the unit: a statistic gives one number for each variant in each round. The change is the
Hodges-Lehmann estimate of the rounds' log ratios after/before with its exact signed-rank interval; a level
is the same of one variant's own logs. All rounds take part or none does: to leave a round out after looking
at it would be to choose the result. Where a number cannot be said it is None, and the comparison says why.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from harness.model.measurement import Comparison, Estimate, Measurement, RoundRatio
from harness.model.metric import METRIC_BY_ID
from harness.stats.counts import count_change, count_level
from harness.stats.measure import (
    FAULT_METRICS,
    INTROSPECTED,
    MIX_METRICS,
    MIX_STATS,
    PHASE_STATS,
    ROUND_STATS,
    SERVER_METRICS,
    WHOLE_MIX,
)
from harness.stats.pairs import pairs_needed
from harness.stats.percentiles import SAMPLES_IN_TAIL, STAT_QUANTILES, samples_needed
from harness.stats.proportion import clopper_pearson
from harness.stats.rank_sum import rank_sum_interval
from harness.stats.signed_rank import FloatArray, Interval, rounds_needed, signed_rank_interval

_OPTIONAL = frozenset({"unloaded_time", "external_time", "external_calls"})
"""Of what no variant has, the whole mix says so, once; endpoints are silent."""
_REPORTED_BY_SERVER = frozenset(
    {"db_time", "middleware_time", "query_count", "external_time", "external_calls"}
)

_WHY_NEVER = {
    "unloaded_time": "not measured: the rounds have no precision part",
    "refusal_time": "not measured: nothing was refused",
    "slow_refusals": "not measured: nothing was refused",
}


class _CannotSayError(Exception):
    """An estimate cannot be given; the message is the reason that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paired:
    """One statistic's own log ratio, round by round."""

    log_ratios: tuple[float | None, ...]
    pair_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One statistic of one variant, round by round."""

    metric: str
    stat: str
    values: tuple[float | None, ...]
    sample_counts: tuple[int, ...]

    @property
    def is_exact(self) -> bool:
        """True for what is counted, not sampled: it has no chance in it and needs no statistics."""
        return self.stat == "count" or self.metric in INTROSPECTED


def pairs_to_compare(variants: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return which variants are compared, as pairs of baseline and variant.

    The main pair comes first, the first variant against the last. Then every other one is compared with the
    first, and at last each with the one in front of it. No pair comes twice.
    """
    first, last = variants[0], variants[-1]
    with_first = [(first, variant) for variant in variants[1:-1]]
    neighbours = list(pairwise(variants))
    return tuple(dict.fromkeys([(first, last), *with_first, *neighbours]))


def compare(
    measurements: Sequence[Measurement],
    ratios: Sequence[RoundRatio] = (),
    *,
    before: str,
    after: str,
    confidence: float,
    is_paired: bool = True,
) -> tuple[Comparison, ...]:
    """Compare two variants in everything that can be measured.

    Args:
        measurements: of all rounds that count, of these two variants or more.
        ratios: of the same rounds; where a statistic has them, the change is theirs.
        before: id of the variant that a change is relative to.
        after: id of the other one.
        confidence: of every interval, 0.95 for one.
        is_paired: a round of before and the round of after with its number are one; else the two have
            nothing in common, and the change is a rank-sum interval over all pairs of rounds.

    Returns:
        The whole mix first, then endpoints by name; metrics and statistics in the order of METRIC_STATS. Of a
        change, `sample_count` is that of both levels together.
    """
    rounds = {
        variant: sorted({m.round_index for m in measurements if is_paired or m.variant_id == variant})
        for variant in (before, after)
    }
    found = {(m.variant_id, m.endpoint, m.metric, m.stat, m.round_index): m for m in measurements}

    def series(variant: str, endpoint: str, metric: str, stat: str) -> _Series:
        cells = [found.get((variant, endpoint, metric, stat, index)) for index in rounds[variant]]
        return _Series(
            metric=metric,
            stat=stat,
            values=tuple(cell.value if cell else None for cell in cells),
            sample_counts=tuple(cell.sample_count if cell else 0 for cell in cells),
        )

    paired: dict[tuple[str, str, str], dict[int, RoundRatio]] = {}
    for ratio in ratios:
        if (ratio.baseline, ratio.variant) == (before, after):
            key = ratio.endpoint, ratio.metric, ratio.stat
            paired.setdefault(key, {})[ratio.round_index] = ratio
    endpoints = {m.endpoint for m in measurements if m.variant_id in {before, after}}
    return tuple(
        replace(
            _compare_one(
                key[0],
                series(before, *key),
                series(after, *key),
                confidence,
                _paired(paired.get(key), rounds[before]) if is_paired else None,
                is_paired=is_paired,
            ),
            baseline=before,
            variant=after,
        )
        for key in _keys(endpoints, offered=_offered(measurements))
    )


def compare_phases(
    measurements: Sequence[Measurement], *, before: str, after: str, confidence: float
) -> tuple[Comparison, ...]:
    """Compare two variants in everything that was measured of the phases of slices with faults.

    Args:
        measurements: of all rounds that count, each with its phase.
        before: id of the variant that a change is relative to.
        after: id of the other one.
        confidence: of every interval.

    Returns:
        Phases and endpoints in the order in which they were measured, metrics in that of PHASE_STATS.
    """
    rounds = sorted({m.round_index for m in measurements})
    found = {(m.variant_id, m.phase, m.endpoint, m.metric, m.stat, m.round_index): m for m in measurements}
    places = dict.fromkeys((m.phase, m.endpoint) for m in measurements)
    known = {(m.phase, m.endpoint, m.metric, m.stat) for m in measurements}

    def series(variant: str, phase: str, endpoint: str, metric: str, stat: str) -> _Series:
        cells = [found.get((variant, phase, endpoint, metric, stat, index)) for index in rounds]
        return _Series(
            metric=metric,
            stat=stat,
            values=tuple(cell.value if cell else None for cell in cells),
            sample_counts=tuple(cell.sample_count if cell else 0 for cell in cells),
        )

    return tuple(
        replace(
            _compare_one(key[1], series(before, *key), series(after, *key), confidence, None, is_paired=True),
            baseline=before,
            variant=after,
            phase=key[0],
        )
        for phase, endpoint in places
        for metric, stats in PHASE_STATS.items()
        for stat in stats
        if (key := (phase, endpoint, metric, stat)) in known
    )


def _paired(found: Mapping[int, RoundRatio] | None, rounds: Sequence[int]) -> _Paired | None:
    if found is None:
        return None
    cells = [found.get(index) for index in rounds]
    return _Paired(
        log_ratios=tuple(cell.log_ratio if cell else None for cell in cells),
        pair_counts=tuple(cell.pair_count if cell else 0 for cell in cells),
    )


def _offered(measurements: Sequence[Measurement]) -> set[str]:
    """Return what anybody has of the optional metrics."""
    return {m.metric for m in measurements if m.sample_count or m.metric == "unloaded_time"} & _OPTIONAL


def _keys(endpoints: set[str], *, offered: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what can be compared; of a part that the run does not have the whole mix says so, once."""
    for endpoint in (WHOLE_MIX, *sorted(endpoints - {WHOLE_MIX})):
        is_mix = endpoint == WHOLE_MIX
        for metric, stats in ROUND_STATS.items():
            if is_mix or metric not in MIX_METRICS | (_OPTIONAL - offered):
                for stat in stats:
                    if is_mix or stat not in MIX_STATS:
                        yield endpoint, metric, stat


def _compare_one(
    endpoint: str,
    before: _Series,
    after: _Series,
    confidence: float,
    paired: _Paired | None,
    *,
    is_paired: bool,
) -> Comparison:
    before_level, before_reason = _try(_level, before, confidence)
    after_level, after_reason = _try(_level, after, confidence)
    change, change_reason = None, ""
    if before_level and after_level:
        if paired:
            change, change_reason = _try(_paired_change, paired, before, after, confidence)
        else:
            change, change_reason = _try(
                _change if is_paired else _unpaired_change, before, after, confidence
            )
    return Comparison(
        endpoint=endpoint,
        metric=before.metric,
        stat=before.stat,
        before=before_level,
        after=after_level,
        change=change,
        before_count=sum(before.sample_counts),
        after_count=sum(after.sample_counts),
        reason=change_reason or _join_reasons(before_reason, after_reason),
    )


def _try(estimate: Callable[..., Estimate], *arguments: object) -> tuple[Estimate | None, str]:
    try:
        return estimate(*arguments), ""
    except _CannotSayError as reason:
        return None, str(reason)


def _join_reasons(before: str, after: str) -> str:
    if before == after:
        return before
    told = (f"{name} {reason}" for name, reason in (("before", before), ("after", after)) if reason)
    return "; ".join(told)


def _level(series: _Series, confidence: float) -> Estimate:
    if series.is_exact:
        interval = count_level(_counted(series), is_total=series.stat == "count")
        return _estimate(interval, METRIC_BY_ID[series.metric].unit, sum(series.sample_counts))
    values = _complete(series, confidence)
    if series.stat == "share":
        interval = _share(series, values, confidence)
    elif np.all(values > 0):
        interval = _mapped(_over_rounds(np.log(values), confidence), np.exp)
    else:
        interval = _over_rounds(values, confidence)
    return _estimate(interval, METRIC_BY_ID[series.metric].unit, sum(series.sample_counts))


def _change(before: _Series, after: _Series, confidence: float) -> Estimate:
    """Estimate the change in percent of before.

    Zeros have no logarithm. The same numbers in every round are no change, zero or not; where only after is
    zero at times, each round's relative difference takes the place of its log ratio.
    """
    if before.is_exact:
        return _exact_change(before, after)
    befores, afters = _complete(before, confidence), _complete(after, confidence)
    if before.stat == "share":
        _require_events(before, after)
    if not (np.all(np.isfinite(befores)) and np.all(np.isfinite(afters))):
        raise _CannotSayError("not resolvable: it never ended in some rounds")
    if np.array_equal(befores, afters):
        interval = Interval(value=0.0, low=0.0, high=0.0)
    elif not np.all(befores > 0):
        zeros = int(np.count_nonzero(befores <= 0))
        raise _CannotSayError(f"not resolvable: before is 0 in {zeros} of {befores.size} rounds")
    elif np.all(afters > 0):
        log_ratios = np.log(afters / befores)
        interval = _mapped(_over_rounds(log_ratios, confidence), lambda ratio: 100 * np.expm1(ratio))
    else:
        interval = _over_rounds(100 * (afters - befores) / befores, confidence)
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _paired_change(paired: _Paired, before: _Series, after: _Series, confidence: float) -> Estimate:
    """Estimate the change from each round's own log ratio, of which none may be missing."""
    known = [ratio for ratio in paired.log_ratios if ratio is not None]
    if len(known) < len(paired.log_ratios):
        raise _CannotSayError(
            f"not resolvable: {min(paired.pair_counts)} pairs in a round, {before.stat} needs"
            f" {pairs_needed(before.stat)}"
        )
    interval = _mapped(_over_rounds(np.asarray(known), confidence), lambda ratio: 100 * np.expm1(ratio))
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _unpaired_change(before: _Series, after: _Series, confidence: float) -> Estimate:
    """Estimate the change between rounds that have nothing in common, in percent of before."""
    if before.is_exact:
        return _exact_unpaired_change(before, after)
    befores, afters = _complete(before, confidence), _complete(after, confidence)
    if before.stat == "share":
        _require_events(before, after)
    if not (np.all(befores > 0) and np.all(afters > 0)):
        raise _CannotSayError("not resolvable: it is 0 in some rounds")
    shift = rank_sum_interval(np.log(befores), np.log(afters), confidence)
    if shift is None:
        raise _CannotSayError("not resolvable: too few rounds")
    interval = _mapped(shift, lambda ratio: 100 * np.expm1(ratio))
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _exact_unpaired_change(before: _Series, after: _Series) -> Estimate:
    befores, afters = _counted(before), _counted(after)
    if before.stat != "count":
        pairs = np.array([(b, a) for b in befores for a in afters])
        befores, afters = pairs[:, 0], pairs[:, 1]
    interval = count_change(befores, afters, is_total=before.stat == "count")
    if interval is None:
        raise _CannotSayError("not resolvable: before is 0")
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _exact_change(before: _Series, after: _Series) -> Estimate:
    befores, afters = _counted(before), _counted(after)
    interval = count_change(befores, afters, is_total=before.stat == "count")
    if interval is None:
        raise _CannotSayError("not resolvable: before is 0")
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _counted(series: _Series) -> FloatArray:
    """Return the rounds' counts, of which none may be missing; they need no number of rounds."""
    values = [value for value in series.values if value is not None]
    if not values:
        raise _CannotSayError(_why_never(series.metric, series.stat))
    if len(values) < len(series.values):
        missing = len(series.values) - len(values)
        raise _CannotSayError(f"not measured in {missing} of {len(series.values)} rounds")
    return np.asarray(values, dtype=np.float64)


def _complete(series: _Series, confidence: float) -> FloatArray:
    """Return the rounds' values, of which none may be missing and enough must be there."""
    values = [value for value in series.values if value is not None]
    if not values and sum(series.sample_counts) == 0:
        raise _CannotSayError(_why_never(series.metric, series.stat))
    if len(values) < len(series.values):
        least = min(series.sample_counts)
        needs = samples_needed(STAT_QUANTILES[series.stat]) if series.stat in STAT_QUANTILES else 1
        if series.metric in FAULT_METRICS and series.stat not in STAT_QUANTILES:
            raise _CannotSayError("not resolvable: a round has too little time or load in this phase")
        if series.metric == "slow_share":
            raise _CannotSayError("not resolvable: the limit is four times before's p95, and that is not")
        if series.stat.endswith("_typical") and least >= needs:
            raise _CannotSayError("not resolvable: the slices of a round hold too few requests each")
        raise _CannotSayError(f"not resolvable: {least} requests a round, {series.stat} needs {needs}")
    if len(values) < rounds_needed(confidence):
        count = f"{len(values)} round" + ("" if len(values) == 1 else "s")
        raise _CannotSayError(
            f"not resolvable: {count}, a {100 * confidence:g} % interval needs {rounds_needed(confidence)}"
        )
    return np.asarray(values, dtype=np.float64)


def _why_never(metric: str, stat: str) -> str:
    if stat.endswith("_calm"):
        return "not measured: nobody looked at how busy the machine was"
    if metric in _REPORTED_BY_SERVER:
        return "not measured: no good answer carries it in a Server-Timing header"
    if metric in INTROSPECTED:
        return "not measured: the experiment asks neither server nor database for it"
    if metric in SERVER_METRICS:
        return "not measured: the server's processes were not observed"
    return _WHY_NEVER.get(metric, "not measured: no good answer came")


def _over_rounds(values: FloatArray, confidence: float) -> Interval:
    interval = signed_rank_interval(values, confidence)
    if interval is None:
        raise AssertionError(f"{values.size} rounds were let through for {confidence}")
    return interval


def _share(series: _Series, values: FloatArray, confidence: float) -> Interval:
    """Estimate a share, in percent: all events over all samples, with the wider of two intervals.

    Clopper-Pearson over the pooled samples says what so many samples can support, also when none of them
    failed; the signed-rank interval over rounds adds that failures come together.
    """
    pooled = clopper_pearson(sum(_events(series)), sum(series.sample_counts), confidence)
    rounds = _over_rounds(values, confidence)
    return Interval(
        value=100 * pooled.value,
        low=min(100 * pooled.low, rounds.low),
        high=max(100 * pooled.high, rounds.high),
    )


def _events(series: _Series) -> tuple[int, ...]:
    pairs = zip(series.values, series.sample_counts, strict=True)
    return tuple(round((value or 0.0) / 100 * count) for value, count in pairs)


def _require_events(before: _Series, after: _Series) -> None:
    least = min(*_events(before), *_events(after))
    if least < SAMPLES_IN_TAIL:
        what = "failures" if before.metric == "error_share" else "slow requests"
        raise _CannotSayError(
            f"not resolvable: {least} {what} in a round, a change in percent needs {SAMPLES_IN_TAIL}"
        )


def _mapped(interval: Interval, rising: Callable[[float], float]) -> Interval:
    return Interval(
        value=float(rising(interval.value)),
        low=float(rising(interval.low)),
        high=float(rising(interval.high)),
    )


def _estimate(interval: Interval, unit: str, sample_count: int) -> Estimate:
    return Estimate(
        value=interval.value, low=interval.low, high=interval.high, unit=unit, sample_count=sample_count
    )
